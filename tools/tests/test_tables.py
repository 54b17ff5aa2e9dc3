import json
import sys
from collections import Counter
from pathlib import Path

import pytest

import tables


@pytest.fixture(scope="module")
def rows() -> list[tables.Row]:
    return tables.build_rows()


def test_every_printed_digit_agrees(rows: list[tables.Row]) -> None:
    assert [row for row in rows if not row.equal] == []
    assert Counter(row.figure for row in rows) == {"+params": 60, "GFLOPs": 17, "params": 2}


def test_a_digit_that_differs_is_marked() -> None:
    text = tables.format_rows([tables.Row("t", "r", "params", "1.00M", "1.01M")])
    assert "<- differs" in text
    assert "0 of 1 figures agree" in text


def test_json_holds_the_rows(
    rows: list[tables.Row],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tables, "build_rows", lambda: rows)
    monkeypatch.setattr(sys, "argv", ["tables.py", "--json", str(tmp_path / "rows.json")])
    tables.main()
    written = json.loads((tmp_path / "rows.json").read_text())
    assert len(written) == 79
    assert written[0].keys() == {"table", "row", "figure", "paper", "ours", "equal"}
    assert "79 of 79" in capsys.readouterr().out
