import importlib.util
import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables", Path(__file__).parents[1] / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tables"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_every_printed_digit_agrees(tables: ModuleType) -> None:
    rows = tables.build_rows()
    assert [row for row in rows if not row.equal] == []
    assert Counter(row.figure for row in rows) == {"+params": 60, "GFLOPs": 17, "params": 2}


def test_a_digit_that_differs_is_marked(tables: ModuleType) -> None:
    text = tables.format_rows([tables.Row("t", "r", "params", "1.00M", "1.01M")])
    assert "<- differs" in text
    assert "0 of 1 figures agree" in text


def test_json_holds_the_rows(
    tables: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tables.py", "--json", str(tmp_path / "rows.json")])
    tables.main()
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert len(rows) == 79
    assert rows[0].keys() == {"table", "row", "figure", "paper", "ours", "equal"}
    assert "79 of 79" in capsys.readouterr().out
