import json
import sys
from pathlib import Path

import numpy as np
import pytest

import compare_depth
from indexnet_engine.images import read_image, write_image


@pytest.mark.slow
def test_trains_once_and_compares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        write_image(tmp_path / "frames" / "rgb" / f"{name}.png", rng.random((40, 50, 3)))
        depth = rng.integers(1000, 4000, (40, 50)).astype(np.uint16)
        write_image(tmp_path / "frames" / "depth" / f"{name}.png", depth, 16)
    words = ["--operators", "stride+nearest", "hin", "m2o", "--rules", "mean", "squeeze", "--seeds", "2"]
    words += ["--out", str(tmp_path / "runs"), "--panels", "2", "--data.train", str(tmp_path / "frames")]
    words += ["--data.unit", "mm", "--data.size", "32", "--loop.steps", "2", "--loop.batch_size", "2"]
    monkeypatch.setattr(sys, "argv", ["compare_depth.py", *words, "--model.width", "0.1"])
    compare_depth.main()
    first = capsys.readouterr().out
    labels = ["stride+nearest", "hin", "m2o-mean", "m2o-squeeze"]
    assert {path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()} == {
        f"{label}-seed{seed}" for label in labels for seed in (0, 1)
    }
    rows = first.splitlines()
    assert rows[0].startswith("| operator | parameters | GFLOPs | rmse | delta1 |")
    assert [row.split("|")[1].strip() for row in rows[2:6]] == [f"`{label}`" for label in labels]
    measures = json.loads((tmp_path / "runs" / "measures.json").read_text())
    assert {label: len(seeds) for label, seeds in measures.items()} == dict.fromkeys(labels, 2)
    rmse = [seed["rmse"] for seed in measures["hin"]]
    assert f"{sum(rmse) / 2:.3f} ({min(rmse):.3f}–{max(rmse):.3f})" in rows[3]
    assert read_image(tmp_path / "runs" / "panels.png").shape[0] == 2 * 228
    compare_depth.main()
    assert capsys.readouterr().out == first
