import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from indexnet_depth.data.crop import view_to_frame
from indexnet_depth.focal import NOMINAL, Focal
from indexnet_depth.predictor import DepthPredictor, load_model, network_size
from indexnet_engine.errors import UserError
from indexnet_engine.weights.pretrained import save_pretrained

RNG = np.random.default_rng(0)


def test_sizes_that_fit_are_given_to_the_network_as_they_are(net: nn.Module) -> None:
    image = RNG.random((64, 96, 3), dtype=np.float32)
    depth = DepthPredictor(net, size=None)(image)
    with torch.no_grad():
        expected = net(torch.from_numpy(image.transpose(2, 0, 1))[None])[0, 0].numpy()
    np.testing.assert_allclose(depth, expected, rtol=1e-5, atol=1e-6)
    assert depth.dtype == np.float32
    assert depth.std() > 0


@pytest.mark.parametrize("size", [(1, 1), (33, 70), (100, 31)])
@pytest.mark.parametrize("side", [64, None])
def test_any_size(net: nn.Module, size: tuple[int, int], side: int | None) -> None:
    depth = DepthPredictor(net, size=side)(RNG.random((*size, 3), dtype=np.float32))
    assert depth.shape == size
    assert np.isfinite(depth).all()


def test_padding_does_not_change_the_result(net: nn.Module) -> None:
    image = RNG.random((64, 64, 3), dtype=np.float32)
    reflected = np.pad(image, ((0, 0), (0, 32), (0, 0)), mode="reflect")[:, :90]
    wider = np.pad(image, ((0, 0), (0, 32), (0, 0)), mode="reflect")
    predictor = DepthPredictor(net, size=None)
    np.testing.assert_allclose(predictor(reflected)[:, :20], predictor(wider)[:, :20], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("frame", [(480, 640), (250, 334), (1080, 1920), (4000, 3000)])
def test_photographs_look_as_large_as_in_training(frame: tuple[int, int]) -> None:
    """A pixel of the network's input covers as much of the photograph as one of a training view."""
    height, width = network_size(*frame, 224)
    matrix = view_to_frame(*frame, 224)
    assert frame[1] / width == pytest.approx(matrix[0, 0], rel=0.01)
    assert frame[0] / height == pytest.approx(matrix[1, 1], rel=0.01)


def test_a_panorama_does_not_become_too_long() -> None:
    height, width = network_size(10, 10_000, 224)
    assert (height, width) == (2, 6 * 224)


def test_the_photograph_is_resized_and_its_depth_back(net: nn.Module) -> None:
    image = cv2.resize(RNG.random((12, 16, 3), dtype=np.float32), (160, 120))
    small = cv2.resize(image, (70, 70), interpolation=cv2.INTER_AREA)
    expected = cv2.resize(DepthPredictor(net, size=None)(small), (160, 120), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(DepthPredictor(net, size=64)(image), expected, rtol=1e-6)
    assert network_size(120, 160, 64) == (70, 70)


def test_weights_come_back(net: nn.Module, net_folder: Path) -> None:
    image = RNG.random((32, 32, 3), dtype=np.float32)
    model = load_model(net_folder)
    assert not model.training
    np.testing.assert_allclose(
        DepthPredictor(model, size=None)(image), DepthPredictor(net, size=None)(image), rtol=1e-4, atol=1e-5
    )
    assert DepthPredictor.from_pretrained(net_folder, device="cpu").size == 64


def test_files_without_weights(net: nn.Module, tmp_path: Path) -> None:
    save_pretrained(net, tmp_path / "other", {"task": "matting"})
    with pytest.raises(UserError, match="weights for matting, not for depth"):
        load_model(tmp_path / "other")
    with pytest.raises(UserError, match="no such folder"):
        load_model(tmp_path / "none")
    save_pretrained(net, tmp_path / "plain", {"task": "depth"})
    assert DepthPredictor.from_pretrained(tmp_path / "plain", device="cpu").size == 224
    file = tmp_path / "plain" / "config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps({**config, "size": "large"}))
    with pytest.raises(UserError, match=r"'size' in config\.json must be a number of pixels, got 'large'"):
        DepthPredictor.from_pretrained(tmp_path / "plain", device="cpu")
    file.write_text(json.dumps({**config, "model": {}}))
    with pytest.raises(UserError, match="it names no depth model"):
        load_model(tmp_path / "plain")


@pytest.mark.parametrize("frame", [(120, 160), (160, 120)])
def test_depth_is_proportional_to_the_focal_length(net: nn.Module, frame: tuple[int, int]) -> None:
    image = RNG.random((*frame, 3), dtype=np.float32)
    depth = DepthPredictor(net, size=64)(image)
    # Frames are enlarged to cover 250×333.
    nominal = NOMINAL / max(250 / frame[0], 1000 / 3 / frame[1])
    for factor in (1, 0.5, 2):
        found = DepthPredictor(net, size=64, focal=Focal(factor * nominal, "px"))(image)
        np.testing.assert_allclose(found, factor * depth, rtol=1e-5)


def test_a_focal_length_needs_the_training_scale(net: nn.Module) -> None:
    with pytest.raises(UserError, match="focal scales the depth at the training scale"):
        DepthPredictor(net, size=None, focal=Focal(28, "mm"))
