import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.weights.packaged import NO_NETWORKS, PackagedNetworks
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.models import SegNet
from indexnet_segmentation.output.panels import overlay
from indexnet_segmentation.predictor import SegmentationPredictor

RNG = np.random.default_rng(0)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Photographs of different sizes and kinds."""
    for name, shape in (
        ("barn", (45, 70, 3)),
        ("gray", (33, 20)),
        ("clear", (20, 40, 4)),
        ("dot", (1, 1, 3)),
    ):
        write_image(tmp_path / "photos" / f"{name}.png", RNG.random(shape, dtype=np.float32))
    return tmp_path / "photos"


def test_labels_and_overlays(
    command, photos: Path, net_folder: Path, net: SegNet, classes: Classes, tmp_path: Path
) -> None:
    answer = command("predict", photos, "--weights", net_folder, "--out", tmp_path / "out")
    assert answer.status == 0
    assert f"wrote 4 labels to {tmp_path / 'out'} (and inside it overlay/)\n" in answer.err
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "barn.png", "clear.png", "dot.png", "gray.png", "overlay"
    ]  # fmt: skip
    image = read_image(photos / "barn.png", 3)
    label = SegmentationPredictor(net).probabilities(image).argmax(0)
    with Image.open(tmp_path / "out" / "barn.png") as picture:
        assert picture.mode == "P"
        np.testing.assert_array_equal(np.asarray(picture), label)
        shown = np.asarray(picture.convert("RGB"))
    assert (shown == np.array(classes.palette)[label]).all()
    over = np.rint(255 * read_image(tmp_path / "out" / "overlay" / "barn.png")).astype(np.uint8)
    np.testing.assert_array_equal(over[:45], overlay(image, label, classes))
    assert over.shape[0] > 45
    assert over.shape[1] == 70


def test_probabilities_on_request(
    command, photos: Path, net_folder: Path, net: SegNet, classes: Classes, tmp_path: Path
) -> None:
    words = ("predict", photos / "barn.png", "--weights", net_folder, "--out", tmp_path / "out")
    assert command(*words, "--probabilities", "--overlay", "false").status == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["barn.png", "probabilities"]
    with np.load(tmp_path / "out" / "probabilities" / "barn.npz") as found:
        assert found["classes"].tolist() == list(classes.names)
        expected = SegmentationPredictor(net).probabilities(read_image(photos / "barn.png", 3))
        assert found["probabilities"].dtype == np.float16
        np.testing.assert_allclose(found["probabilities"], expected, atol=1e-3)


def test_an_input_is_never_overwritten(command, photos: Path, net_folder: Path) -> None:
    before = {file: file.read_bytes() for file in photos.iterdir()}
    answer = command("predict", photos, "--weights", net_folder, "--out", photos)
    assert answer.status == 2
    assert "is an input and would be overwritten; choose another --out" in answer.err
    assert {file: file.read_bytes() for file in photos.iterdir()} == before


def test_two_images_of_one_name(command, photos: Path, net_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    shutil.copy(photos / "barn.png", tmp_path / "other")
    answer = command(
        "predict", photos, tmp_path / "other", "--weights", net_folder, "--out", tmp_path / "out"
    )
    assert answer.status == 2
    assert "would both become" in answer.err
    assert not (tmp_path / "out").exists()


def test_bad_images_are_reported_before_anything_is_written(
    command, photos: Path, net_folder: Path, tmp_path: Path
) -> None:
    (photos / "zebra.png").write_bytes((photos / "barn.png").read_bytes()[:300])
    answer = command("predict", photos, "--weights", net_folder, "--out", tmp_path / "out")
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "zebra.png: damaged image" in answer.err
    assert not (tmp_path / "out").exists()


def test_nothing_to_do(command, net_folder: Path, photos: Path) -> None:
    assert command("predict", "--weights", net_folder).status == 2
    answer = command("predict", photos, "--weights", net_folder, "--tile", 64)
    assert answer.status == 2
    assert "--tile must be larger than the overlap" in answer.err


def test_the_network_of_the_package(
    command, photos: Path, net_folder: Path, net: SegNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = PackagedNetworks(net_folder.parent, {net_folder.name: ""}, default=net_folder.name)
    monkeypatch.setattr(SegmentationPredictor, "packaged", packaged)
    expected = SegmentationPredictor(net)(read_image(photos / "barn.png", 3))
    for words in ((), ("--weights", net_folder.name)):
        out = tmp_path / f"out{len(words)}"
        answer = command("predict", photos / "barn.png", "--out", out, *words)
        assert answer.status == 0, answer.err
        assert f"network: {net_folder.name} (segnet, " in answer.err
        with Image.open(out / "barn.png") as picture:
            np.testing.assert_array_equal(np.asarray(picture), expected)


def test_without_a_network(command, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SegmentationPredictor, "packaged", NO_NETWORKS)
    answer = command("predict", photos / "barn.png")
    assert answer.status == 2
    assert answer.err.startswith("error: missing --weights: the folder of a run (or --onnx: ")


def test_the_largest_side(command, photos: Path, net_folder: Path, net: SegNet, tmp_path: Path) -> None:
    words = ("predict", photos / "barn.png", "--weights", net_folder, "--out", tmp_path / "out")
    assert command(*words, "--max-side", 35).status == 0
    expected = SegmentationPredictor(net, max_side=35)(read_image(photos / "barn.png", 3))
    with Image.open(tmp_path / "out" / "barn.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), expected)
    assert "must be positive, got 0" in command(*words, "--max-side", 0).err
