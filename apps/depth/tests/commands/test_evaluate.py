import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

from indexnet_depth.data.crop import evaluation_view
from indexnet_depth.data.open_data import open_data
from indexnet_depth.evaluation import check_frames, measured, predictions
from indexnet_depth.metrics import average, tally
from indexnet_depth.predictor import DepthPredictor, load_model
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, write_image


def test_measures_are_those_of_the_views(
    command, rgbd_folder: Path, net_folder: Path, tmp_path: Path
) -> None:
    model, frames = load_model(net_folder), open_data(str(rgbd_folder), "val", "mm")
    views = {name: evaluation_view(frames.read(index), 64) for index, name in enumerate(frames.names)}
    tallies = {
        name: tally(DepthPredictor(model, size=None)(view.image), view.depth, 1.75)
        for name, view in views.items()
    }
    words = ("evaluate", "--weights", net_folder, "--data", rgbd_folder, "--unit", "mm")
    for over in ("images", "pixels"):
        answer = command(
            *words, "--average", over, "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv"
        )
        assert answer.status == 0
        found = json.loads((tmp_path / "a.json").read_text())
        assert found["mean"] == average(tallies.values(), over)
        assert found["images"] == {name: one.measures() for name, one in tallies.items()}
        assert f"{found['mean']['rmse']:.3f}" in answer.out.split()


def test_precision(command, rgbd_folder: Path, net_folder: Path, tmp_path: Path) -> None:
    words = ("evaluate", "--weights", net_folder, "--data", rgbd_folder, "--unit", "mm", "--device", "cpu")
    for precision in ("as-trained", "32"):
        assert command(*words, "--precision", precision, "--json", tmp_path / f"{precision}.json").status == 0
    unchanged, folded = (
        json.loads((tmp_path / f"{precision}.json").read_text())["mean"] for precision in ("as-trained", "32")
    )
    assert folded == pytest.approx(unchanged, rel=1e-4)
    answer = command(*words, "--precision", "fp16")
    assert answer.status == 2
    assert answer.err == "error: --precision fp16 needs a GPU; use bf16 or 32 on the CPU\n"


def test_panels(command, rgbd_folder: Path, net_folder: Path, tmp_path: Path) -> None:
    words = ("evaluate", "--weights", net_folder, "--data", rgbd_folder, "--unit", "mm")
    assert command(*words, "--panels", tmp_path / "new" / "panels").status == 0
    files = sorted((tmp_path / "new" / "panels").iterdir())
    assert [file.name for file in files] == ["attic.png", "cellar.png"]
    assert read_image(files[0]).shape[0] == 224


def test_frames_come_one_by_one(rgbd_folder: Path, net: nn.Module) -> None:
    frames = open_data(str(rgbd_folder), "val", "mm")
    found = predictions(net, frames, 32)
    name, view, depth = next(found)
    assert name == "attic"
    assert view.image.shape == (32, 32, 3)
    np.testing.assert_array_equal(depth, DepthPredictor(net, size=None)(view.image))
    assert [name for name, *_ in found] == ["cellar"]


def test_all_inputs_are_checked_before_anything_is_written(
    command, rgbd_folder: Path, net_folder: Path, tmp_path: Path
) -> None:
    words = ("evaluate", "--weights", net_folder, "--data", rgbd_folder, "--panels", tmp_path / "panels")
    answer = command(*words)
    assert (answer.status, answer.out) == (2, "")
    assert "never guessed" in answer.err
    answer = command(*words, "--unit", "mm", "--json", tmp_path)
    assert answer.status == 2
    (rgbd_folder / "val" / "depth" / "cellar.png").write_bytes(b"")
    answer = command(*words, "--unit", "mm")
    assert (answer.status, answer.out) == (2, "")
    assert "cellar.png: the file is empty" in answer.err
    assert not (tmp_path / "panels").exists()


def test_a_frame_that_cannot_be_measured_is_named() -> None:
    with pytest.raises(UserError, match="attic: no pixel with a valid depth"):
        measured("attic", np.ones((4, 4), np.float32), np.zeros((4, 4), np.float32))


def test_views_without_valid_depth_are_reported_before_training(rgbd_folder: Path) -> None:
    """A frame whose only measured rows are cut off counts as bad, although the frame itself is not empty."""
    file = rgbd_folder / "val" / "depth" / "attic.png"
    depth = np.zeros(np.asarray(Image.open(file)).shape, np.uint16)
    depth[0] = 2000
    write_image(file, depth, 16)
    frames = open_data(str(rgbd_folder), "val", "mm")
    with pytest.raises(UserError, match="attic: no valid depth in the part that is measured"):
        check_frames(frames, size=64)
