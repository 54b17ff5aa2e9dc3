import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

import compare_segmentation
from indexnet_engine.errors import UserError
from indexnet_engine.images import read_image, write_image
from indexnet_segmentation.data.source import open_data
from indexnet_segmentation.evaluate import measure_images


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two classes, told apart by their brightness."""
    rng = np.random.default_rng(0)
    for split in ("train", "val", "test"):
        for name in ("a", "b"):
            label = np.zeros((48, 64), np.uint8)
            label[:, int(rng.integers(20, 40)) :] = 1
            folder = tmp_path / "data" / split
            write_image(folder / "image" / f"{name}.png", 0.6 * label + 0.1 + 0.1 * rng.random((48, 64)))
            (folder / "label").mkdir(exist_ok=True)
            Image.fromarray(label).save(folder / "label" / f"{name}.png")
    (tmp_path / "data" / "classes.yaml").write_text(yaml.safe_dump({"classes": ["dark", "bright"]}))
    return tmp_path / "data"


@pytest.mark.slow
def test_trains_once_and_compares(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INDEXNET_CACHE", str(tmp_path / "cache"))
    runs = tmp_path / "runs"
    words = ["--data", data, "--operators", "max", "hin", "--seeds", 2, "--out", runs, "--panels", "b"]
    words += ["--loop.steps", 2, "--loop.batch_size", 2, "--model.width", 2, "--loop.precision", "32"]
    monkeypatch.setattr(sys, "argv", ["compare_segmentation.py", *map(str, words)])
    compare_segmentation.main()
    first = capsys.readouterr().out
    names = {"max-seed0", "max-seed1", "hin-seed0", "hin-seed1", "panels.png"}
    assert {path.name for path in runs.iterdir()} == names
    rows = first.splitlines()
    heads = [cell.strip() for cell in rows[0].split("|")[1:-1]]
    assert heads == ["operator", "parameters", "GFLOPs", *compare_segmentation.MEASURES]
    assert [row.split("|")[1].strip() for row in rows[2:4]] == ["`max`", "`hin`"]
    assert [row.split("|")[1].strip() for row in rows[7:9]] == ["dark", "bright"]

    segmenter = compare_segmentation.last_step(runs / "hin-seed1")
    scores = measure_images(segmenter.model, open_data(data, "test"), scale=segmenter.scale)
    assert f"{100 * scores.summary()['miou']:.2f})" in rows[3]
    panels = read_image(runs / "panels.png")
    # Image, ground truth and two operators of 240 × 180 pixels, and gaps.
    assert panels.shape[1] == 4 * 240 + 3 * 4
    assert panels.shape[0] > 180

    compare_segmentation.main()
    assert capsys.readouterr().out == first


def test_a_panel_of_an_image_that_is_not_there(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["compare_segmentation.py", "--data", str(data), "--panels", "nowhere"])
    with pytest.raises(compare_segmentation.UserError, match="no image nowhere in test"):
        compare_segmentation.main()


def test_a_run_of_another_budget_is_not_taken_up(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["compare_segmentation.py", "--data", str(data), "--operators", "max", "--seeds", "1"]
    words += [
        "--out",
        str(tmp_path / "runs"),
        "--model.width",
        "2",
        "--data.size",
        "32",
        "--loop.batch_size",
        "2",
    ]
    words += ["--data.scale", "1", "--loop.precision", "32"]
    monkeypatch.setattr(sys, "argv", [*words, "--loop.steps", "2"])
    compare_segmentation.main()
    monkeypatch.setattr(sys, "argv", [*words, "--loop.steps", "3"])
    with pytest.raises(UserError, match=r"--loop\.steps 3 contradicts .*max-seed0, which has 2"):
        compare_segmentation.main()
