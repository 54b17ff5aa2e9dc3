import copy
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from indexnet_core import pad_to_multiple
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import to_tensor
from indexnet_segmentation.data.augment import normalise
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.models import SegNet, create_model
from indexnet_segmentation.predictor import (
    SegmentationPredictor,
    load_model,
    network_input,
)

RNG = np.random.default_rng(0)
IMAGE = RNG.random((45, 70, 3), dtype=np.float32)


def test_it_is_the_softmax_of_the_padded_image(net: SegNet) -> None:
    x = pad_to_multiple(normalise(to_tensor(IMAGE)), 32)
    with torch.inference_mode():
        expected = net(x)[0, :, :45, :70].softmax(0)
    found = SegmentationPredictor(net).probabilities(IMAGE)
    assert (found.shape, found.dtype) == ((3, 45, 70), np.float32)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(found.sum(0), 1, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (32, 64)])
def test_any_size(net: SegNet, size: tuple[int, int]) -> None:
    image = RNG.random((*size, 3), dtype=np.float32)
    for scale in (1.0, 0.5, 1.7):
        assert SegmentationPredictor(net, scale=scale).probabilities(image).shape == (3, *size)


def test_a_scale_changes_the_image_and_brings_the_scores_back(net: SegNet) -> None:
    x = F.interpolate(normalise(to_tensor(IMAGE)), (22, 35), mode="bilinear", antialias=True)
    torch.testing.assert_close(network_input(IMAGE, 0.5), x)
    with torch.inference_mode():
        scores = net(pad_to_multiple(x, 32))[..., :22, :35]
    expected = F.interpolate(scores, (45, 70), mode="bilinear")[0].softmax(0)
    np.testing.assert_allclose(
        SegmentationPredictor(net, scale=0.5).probabilities(IMAGE), expected, atol=1e-5
    )


def test_larger_images_are_reduced(net: SegNet) -> None:
    whole, half = SegmentationPredictor(net), SegmentationPredictor(net, scale=0.5)
    for side, expected in ((35, half), (70, whole), (71, whole)):
        found = SegmentationPredictor(net, max_side=side).probabilities(IMAGE)
        np.testing.assert_array_equal(found, expected.probabilities(IMAGE))
    assert SegmentationPredictor(net, scale=0.1, max_side=35).network_input(IMAGE).shape == (1, 3, 4, 7)


@pytest.mark.parametrize("side", [0, "wide", 1.5])
def test_the_largest_side_of_config_json(net_folder: Path, tmp_path: Path, side: object) -> None:
    folder = shutil.copytree(net_folder, tmp_path / "net")
    entries = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**entries, "max_side": 480}))
    assert SegmentationPredictor.from_pretrained(folder, device="cpu").max_side == 480
    (folder / "config.json").write_text(json.dumps({**entries, "max_side": side}))
    with pytest.raises(UserError, match=r"config\.json: max_side must be a number of pixels, got"):
        SegmentationPredictor.from_pretrained(folder, device="cpu")


@pytest.mark.parametrize("operator", ["max", "m2o-nl-c", "max+bilinear"])
def test_tiles_equal_the_whole(operator: str) -> None:
    torch.manual_seed(0)
    model = create_model("segnet", resampling=operator, classes=3, width=2).eval()
    image = RNG.random((40, 700, 3), dtype=np.float32)
    whole = SegmentationPredictor(model).probabilities(image)
    overlap = SegmentationPredictor(model).overlap
    tiles = SegmentationPredictor(model, tile=overlap + 32)
    np.testing.assert_allclose(tiles.probabilities(image), whole, atol=1e-5)
    best, second = np.sort(whole, 0)[[-1, -2]]
    clear = best - second > 1e-5
    assert clear.mean() > 0.2
    np.testing.assert_array_equal(tiles(image)[clear], whole.argmax(0)[clear])


@pytest.mark.parametrize("operator", ["m2o-nl-c", "max+bilinear"])
def test_no_pixel_looks_further_than_the_margin(operator: str) -> None:
    model = create_model("segnet", resampling=operator, classes=2, width=1).double().eval()
    for parameter in model.parameters():
        # Nothing cancels, and no ReLU is dead.
        parameter.data.abs_()
    width, reach = 1024, 0
    for column in (512, 527, 543):
        x = torch.rand(1, 3, 32, width, dtype=torch.double).requires_grad_()
        model(x)[0, 0, 16, column].backward()
        touched = x.grad.abs().sum((0, 1, 2)).nonzero().flatten()
        reach = max(reach, column - int(touched[0]), int(touched[-1]) - column)
    assert 150 < reach <= model.reach <= reach + 41
    assert SegmentationPredictor(model).overlap >= 2 * model.reach


def test_a_tile_that_is_too_small(net: SegNet) -> None:
    with pytest.raises(UserError, match="tile must be larger than the overlap"):
        SegmentationPredictor(net, tile=64)


def test_weights_come_with_classes(net_folder: Path, net: SegNet, classes: Classes) -> None:
    found = SegmentationPredictor.from_pretrained(net_folder, precision="as-trained", device="cpu")
    assert found.classes == classes
    assert found.scale == 1
    assert found.model.config == net.config
    np.testing.assert_allclose(
        SegmentationPredictor(found.model).probabilities(IMAGE),
        SegmentationPredictor(net).probabilities(IMAGE),
        atol=1e-5,
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": ["a", "b"]}, "does not name the 3 classes"),
        ({"classes": None}, "does not name the 3 classes"),
        ({"palette": [[0, 0, 0]]}, "does not name the 3 classes"),
        ({"palette": [1, 2, 3]}, "classes, palette or scale cannot be read"),
        ({"scale": "half"}, "classes, palette or scale cannot be read"),
        ({"scale": -1}, "scale must be positive"),
        ({"task": "matting"}, "weights for matting, not for segmentation"),
        ({"model": {"width": 4}}, "it names no segmentation model"),
    ],
)
def test_a_config_that_does_not_fit(
    net_folder: Path, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    folder = tmp_path / "net"
    shutil.copytree(net_folder, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(UserError, match=message) as caught:
        SegmentationPredictor.from_pretrained(folder, precision="as-trained", device="cpu")
    assert "net" in str(caught.value)


def test_the_network_alone(net_folder: Path, net: SegNet) -> None:
    model = load_model(net_folder)
    assert not model.training
    assert model.state_dict().keys() == copy.deepcopy(net).state_dict().keys()
