"""Fixtures shared by the tests of this application: tiny foregrounds, backgrounds, test images, the command
line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

import indexnet_matting.cli
from indexnet_engine.images.image_file import write_image
from indexnet_engine.weights.pretrained import save_pretrained
from indexnet_matting.models import create_model

FOREGROUNDS = ("fern", "lace", "wing")


def scene(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """A colourful picture (H, W, 3) with waves and noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] / 16
    planes = [0.5 + 0.3 * np.sin(a * rows + b * columns) for a, b in rng.uniform(-2, 2, (3, 2))]
    picture = np.stack(planes, -1) + rng.normal(0, 0.05, (height, width, 3))
    return np.rint(255 * picture.clip(0, 1)).astype(np.uint8)


def matte(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """A matte (H, W): an opaque disc whose edge fades over some ten pixels."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    distance = np.hypot(rows - height * rng.uniform(0.4, 0.6), columns - width * rng.uniform(0.4, 0.6))
    return np.rint(255 * ((0.3 * min(height, width) - distance) / 10 + 0.5).clip(0, 1)).astype(np.uint8)


def trimap_of(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The tightest correct trimap: unknown where alpha is neither 0 nor 255."""
    return np.where((alpha > 0) & (alpha < 255), np.uint8(128), alpha)


@pytest.fixture
def training_folder(tmp_path: Path) -> Path:
    """Three foregrounds with mattes, two backgrounds; each has another size."""
    folder = tmp_path / "training"
    for seed, name in enumerate(FOREGROUNDS):
        height, width = 90 + 10 * seed, 120 - 5 * seed
        write_image(folder / "fg" / f"{name}.png", scene(height, width, seed))
        write_image(folder / "alpha" / f"{name}.png", matte(height, width, seed))
    write_image(folder / "backgrounds" / "sea.png", scene(50, 80, 7))
    write_image(folder / "backgrounds" / "sky.jpg", scene(160, 100, 8))
    return folder


@pytest.fixture
def test_folder(tmp_path: Path) -> Path:
    """Three test images with mattes and trimaps."""
    folder = tmp_path / "test"
    for seed, name in enumerate(FOREGROUNDS):
        height, width = 70 + seed, 61
        alpha = matte(height, width, seed)
        write_image(folder / "image" / f"{name}.png", scene(height, width, seed))
        write_image(folder / "alpha" / f"{name}.png", alpha)
        write_image(folder / "trimap" / f"{name}.png", trimap_of(alpha))
    return folder


def jolt(model: nn.Module) -> nn.Module:
    """Give a network what training does: statistics that fit its features, and mattes from 0 to about 1."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1
    with torch.no_grad():
        model.train()(torch.rand(2, 4, 64, 64, generator=torch.Generator().manual_seed(1)))
        last = [module for module in model.modules() if isinstance(module, nn.Conv2d)][-1]
        last.weight.copy_(last.weight.abs() / last.weight.abs().sum())
    for norm in norms:
        norm.momentum = 0.1
    return model.eval()


@pytest.fixture(scope="session")
def net() -> nn.Module:
    """B11 with index networks, a small fraction of its width."""
    torch.manual_seed(0)
    return jolt(create_model("b11", resampling="m2o-nl", width=0.1))


@pytest.fixture(scope="session")
def net_folder(tmp_path_factory: pytest.TempPathFactory, net: nn.Module) -> Path:
    """Weights of `net`."""
    folder = tmp_path_factory.mktemp("net")
    save_pretrained(net, folder, {"task": "matting"})
    return folder


@pytest.fixture
def main() -> Callable[[list[str]], int]:
    """The application's command line, for the fixture ``command``."""
    return indexnet_matting.cli.main
