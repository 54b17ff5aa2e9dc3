import sys
from pathlib import Path

import numpy as np
import pytest

import compare
from indexnet_engine.images import write_image


@pytest.mark.slow
def test_trains_once_and_compares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INDEXNET_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        write_image(tmp_path / "photos" / f"{name}.png", rng.random((64, 64, 1), dtype=np.float32))
    photos = str(tmp_path / "photos")
    words = [
        "--train",
        photos,
        "--test",
        photos,
        "--operators",
        "max",
        "hin",
        "--seeds",
        "2",
        "--out",
        str(tmp_path / "runs"),
    ]
    words += ["--loop.steps", "2", "--loop.batch_size", "4", "--model.width", "4", "--data.test", photos]
    monkeypatch.setattr(sys, "argv", ["compare.py", *words])
    compare.main()
    first = capsys.readouterr().out
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {
        "max-seed0",
        "max-seed1",
        "hin-seed0",
        "hin-seed1",
    }
    rows = first.splitlines()
    assert rows[0] == "| operator | parameters | GFLOPs | photos |"
    assert [row.split("|")[1].strip() for row in rows[2:]] == ["`max`", "`hin`"]
    compare.main()
    assert capsys.readouterr().out == first
