"""Fixtures shared by the tests of this application: tiny frames, weights, the command line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

import indexnet_depth.cli
from indexnet_depth.models import create_model
from indexnet_engine.images.image_file import write_image
from indexnet_engine.weights.pretrained import save_pretrained

TRAIN, VAL = ("hall", "kitchen", "office", "study"), ("attic", "cellar")


def photograph(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """A colourful picture (H, W, 3) with waves and noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] / 16
    planes = [0.5 + 0.3 * np.sin(a * rows + b * columns) for a, b in rng.uniform(-2, 2, (3, 2))]
    picture = np.stack(planes, -1) + rng.normal(0, 0.05, (height, width, 3))
    return np.rint(255 * picture.clip(0, 1)).astype(np.uint8)


def millimetres(height: int, width: int, seed: int = 0) -> NDArray[np.uint16]:
    """A depth map (H, W): a wall, a box before it, and some pixels without a measurement."""
    rng = np.random.default_rng(seed)
    depth = 3000 + 10 * np.mgrid[:height, :width][1]
    depth[height // 3 :, width // 4 : width // 2] = 1200 + 100 * seed
    depth[rng.random(depth.shape) < 0.05] = 0
    return depth.astype(np.uint16)


@pytest.fixture
def rgbd_folder(tmp_path: Path) -> Path:
    """Four training frames and two others, in millimetres; each has another size."""
    folder = tmp_path / "rooms"
    for split, names in (("train", TRAIN), ("val", VAL)):
        for seed, name in enumerate(names):
            height, width = 60 + seed, 80 - seed
            write_image(folder / split / "rgb" / f"{name}.png", photograph(height, width, seed))
            write_image(folder / split / "depth" / f"{name}.png", millimetres(height, width, seed), 16)
    return folder


def jolt(model: nn.Module) -> nn.Module:
    """Set batch norm to values that a trained network could have, so that every part matters."""
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
    model.prediction.norm.bias.data.fill_(2.0)
    return model.eval()


@pytest.fixture(scope="session")
def net() -> nn.Module:
    """FastDepth-P with index networks, a small fraction of its width."""
    torch.manual_seed(0)
    return jolt(create_model("fastdepth-p-nnconv5", resampling="o2o-unshared-nl", width=0.1))


@pytest.fixture(scope="session")
def net_folder(tmp_path_factory: pytest.TempPathFactory, net: nn.Module) -> Path:
    """Weights of `net`, as if it had been trained on views of 64 pixels."""
    folder = tmp_path_factory.mktemp("net")
    save_pretrained(net, folder, {"task": "depth", "size": 64})
    return folder


@pytest.fixture
def main() -> Callable[[list[str]], int]:
    """The application's command line, for the fixture ``command``."""
    return indexnet_depth.cli.main
