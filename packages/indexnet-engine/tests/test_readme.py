import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


def test_the_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(example, str(README), "exec"), {"__name__": "readme"})
    found = re.search(r"error (\d\.\d+), in runs/doubling", capsys.readouterr().out)
    assert found is not None
    assert float(found[1]) < 0.1
    assert (tmp_path / "runs" / "doubling" / "model.safetensors").exists()


def test_the_table_has_every_room() -> None:
    table = re.findall(r"^\| (`.*?) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    names = re.findall(r"`(\w+)(?:/|\.py)`", " ".join(table))
    source = README.parent / "src" / "indexnet_engine"
    rooms = {
        path.stem for path in source.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert sorted(names) == sorted(rooms - {"__init__"})
