from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

from indexnet_depth.commands.predict import to_millimetres
from indexnet_depth.data.depth_file import read_depth
from indexnet_depth.predictor import DepthPredictor
from indexnet_engine.images.image_file import read_image
from indexnet_engine.weights.packaged import NO_NETWORKS, PackagedNetworks


@pytest.fixture
def photos(rgbd_folder: Path) -> Path:
    return rgbd_folder / "val" / "rgb"


def test_a_folder(command, photos: Path, net_folder: Path, net: nn.Module, tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer = command("predict", photos, "--weights", net_folder, "--out", out)
    assert answer.status == 0
    assert f"wrote the depth of 2 images to {out} (and inside it npy/ and colour/)\n" in answer.err
    for name in ("attic", "cellar"):
        image = read_image(photos / f"{name}.png", 3)
        expected = DepthPredictor(net, size=64)(image)
        depth = np.load(out / "npy" / f"{name}.npy")
        assert depth.dtype == np.float32
        np.testing.assert_allclose(depth, expected, rtol=1e-4, atol=1e-4)
        with Image.open(out / f"{name}.png") as picture:
            stored = np.asarray(picture)
        assert stored.dtype == np.uint16
        np.testing.assert_array_equal(stored, to_millimetres(depth))
        coloured = read_image(out / "colour" / f"{name}.png")
        assert coloured.shape[0] == image.shape[0]
        assert coloured.shape[1] > image.shape[1]
    assert not (out / "cloud").exists()


def test_results_can_be_scored(command, photos: Path, net_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert command("predict", photos, "--weights", net_folder, "--out", out).status == 0
    for pred in (out, out / "npy"):
        words = ("--pred", pred, "--depth", photos.parent / "depth", "--unit", "mm")
        unit = "mm" if pred == out else "metre"
        assert command("score", *words, "--pred_unit", unit).status == 0
    for name in ("attic", "cellar"):
        difference = read_depth(out / f"{name}.png", "mm") - np.load(out / "npy" / f"{name}.npy")
        assert np.abs(difference).max() <= 0.00051


def test_clouds(command, photos: Path, net_folder: Path, tmp_path: Path) -> None:
    words = ("predict", photos / "attic.png", "--weights", net_folder, "--out", tmp_path / "out")
    assert command(*words, "--intrinsics", 60, 60, 39.5, 29.5).status == 0
    header = (tmp_path / "out" / "cloud" / "attic.ply").read_bytes().partition(b"end_header\n")[0]
    count = int((np.load(tmp_path / "out" / "npy" / "attic.npy") > 0).sum())
    assert f"element vertex {count}".encode() in header


def test_the_photographs_own_pixels(
    command, photos: Path, net_folder: Path, net: nn.Module, tmp_path: Path
) -> None:
    words = ("predict", photos / "attic.png", "--weights", net_folder, "--out", tmp_path / "out")
    assert command(*words, "--full-size").status == 0
    expected = DepthPredictor(net, size=None)(read_image(photos / "attic.png", 3))
    np.testing.assert_allclose(np.load(tmp_path / "out/npy/attic.npy"), expected, rtol=1e-4, atol=1e-4)


def test_a_range_for_all_pictures(command, photos: Path, net_folder: Path, tmp_path: Path) -> None:
    words = ("predict", photos, "--weights", net_folder, "--out")
    assert command(*words, tmp_path / "a", "--range", 1, 5).status == 0
    assert command(*words, tmp_path / "b").status == 0
    first, second = ((tmp_path / name / "colour" / "attic.png").read_bytes() for name in ("a", "b"))
    assert first != second


def test_millimetres() -> None:
    depth = np.float32([0, 0.0004, 1.0004, 65.535, 1000])
    assert to_millimetres(depth).tolist() == [0, 0, 1000, 65535, 65535]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--intrinsics", 60, 60, 39.5), "four numbers, fx fy cx cy in pixels; got 3"),
        (("--intrinsics", -60, 60, 39.5, 29.5), "fx and fy positive; got -60"),
        (("--range", 5, 1), "the smaller one first; got 5 1"),
        (("--range", 5, 6, 7), "two depths in metres"),
        (("--frames", 3), "--show and --frames are for videos"),
        (("--show",), "--show and --frames are for videos"),
        (("--weights", "nowhere"), "nowhere: no such folder"),
        (("--device", "abacus"), "--device 'abacus' is unknown"),
    ],
)
def test_inputs_that_are_refused(
    command, photos: Path, net_folder: Path, tmp_path: Path, words: tuple[object, ...], message: str
) -> None:
    answer = command("predict", photos, "--weights", net_folder, "--out", tmp_path / "out", *words)
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert message in answer.err
    assert not (tmp_path / "out").exists()


def test_damaged_photographs_are_reported_before_anything_is_written(
    command, photos: Path, net_folder: Path, tmp_path: Path
) -> None:
    (photos / "cellar.png").write_bytes((photos / "cellar.png").read_bytes()[:100])
    answer = command("predict", photos, "--weights", net_folder, "--out", tmp_path / "out")
    assert answer.status == 2
    assert "cellar.png: damaged" in answer.err
    assert not (tmp_path / "out").exists()


def test_no_input_is_overwritten(command, photos: Path, net_folder: Path, tmp_path: Path) -> None:
    before = (photos / "attic.png").read_bytes()
    answer = command("predict", photos, "--weights", net_folder, "--out", photos)
    assert answer.status == 2
    assert "is an input and would be overwritten" in answer.err
    assert (photos / "attic.png").read_bytes() == before
    (tmp_path / "twin").mkdir()
    (tmp_path / "twin" / "attic.jpg").write_bytes(before)
    answer = command("predict", photos, tmp_path / "twin", "--weights", net_folder, "--out", tmp_path / "out")
    assert "would both become" in answer.err


def test_the_network_of_the_package(
    command, photos: Path, net_folder: Path, net: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = PackagedNetworks(net_folder.parent, {net_folder.name: ""}, default=net_folder.name)
    monkeypatch.setattr(DepthPredictor, "packaged", packaged)
    answer = command("predict", photos / "attic.png", "--out", tmp_path / "out")
    assert answer.status == 0, answer.err
    assert f"network: {net_folder.name} (" in answer.err
    expected = DepthPredictor(net, size=64)(read_image(photos / "attic.png", 3))
    np.testing.assert_allclose(np.load(tmp_path / "out/npy/attic.npy"), expected, rtol=1e-4, atol=1e-4)


def test_without_a_network(command, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DepthPredictor, "packaged", NO_NETWORKS)
    answer = command("predict", photos)
    assert answer.status == 2
    assert answer.err.startswith("error: missing --weights: the folder of a run (or --onnx: ")


def test_the_focal_length(command, photos: Path, net_folder: Path, tmp_path: Path) -> None:
    words = ("predict", photos / "attic.png", "--weights", net_folder, "--out")
    note = "note: depth is that of a lens of 28 mm (35 mm equivalent)"
    assert note in command(*words, tmp_path / "plain").err
    answer = command(*words, tmp_path / "far", "--focal", "56.96mm")
    assert (answer.status, note in answer.err) == (0, False)
    plain, far = (np.load(tmp_path / out / "npy/attic.npy") for out in ("plain", "far"))
    np.testing.assert_allclose(far, 2 * plain, rtol=1e-3)
    assert "--focal is a length with its unit" in command(*words, tmp_path / "out", "--focal", "56").err
