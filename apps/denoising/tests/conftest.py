"""Fixtures shared by the tests of this application: tiny photographs, a tiny network, the command line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

import indexnet_denoising.cli
from indexnet_denoising.models import create_model
from indexnet_engine.images.image_file import write_image
from indexnet_engine.weights.pretrained import save_pretrained


def scene(height: int, width: int, channels: int = 1, seed: int = 0) -> NDArray[np.float32]:
    """A smooth picture (H, W, C) with a few waves and an edge, values in [0.1, 0.9]."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] / 32
    phases = rng.uniform(0, 6, (channels, 3))
    planes = [
        0.5 + 0.2 * np.sin(3 * rows + a) * np.cos(2 * columns + b) + 0.2 * (np.sin(rows - columns + c) > 0)
        for a, b, c in phases
    ]
    return np.stack(planes, -1).clip(0.1, 0.9).astype(np.float32)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three gray photographs; their sides are not multiples of eight."""
    folder = tmp_path_factory.mktemp("photos")
    for seed, name in enumerate(("barn", "cliff", "dune")):
        write_image(folder / f"{name}.png", scene(45 + seed, 51, seed=seed))
    return folder


def jolt(model: nn.Module) -> nn.Module:
    """Set batch norm and index networks to values that a trained network could have, so that every part
    matters."""
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
    return model.eval()


@pytest.fixture(scope="session")
def gray_net() -> nn.Module:
    """DnCNN-SegNet with index networks, four channels wide, for gray images."""
    torch.manual_seed(0)
    return jolt(create_model("dncnn-segnet", resampling="o2o-shared", width=4))


@pytest.fixture(scope="session")
def colour_net() -> nn.Module:
    """The same for colour images."""
    torch.manual_seed(0)
    return jolt(create_model("dncnn-segnet", resampling="hin-nl", width=4, channels=3))


@pytest.fixture(scope="session")
def identity_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a network that returns its input."""
    folder = tmp_path_factory.mktemp("identity")
    model = create_model("dncnn-segnet", resampling="o2o-shared", width=4, zero_prediction=True)
    model.get_parameter("prediction.bias").data.zero_()
    save_pretrained(model, folder, {"task": "denoising"})
    return folder


@pytest.fixture(scope="session")
def gray_folder(tmp_path_factory: pytest.TempPathFactory, gray_net: nn.Module) -> Path:
    """Weights of `gray_net`."""
    folder = tmp_path_factory.mktemp("gray")
    save_pretrained(gray_net, folder, {"task": "denoising"})
    return folder


@pytest.fixture
def main() -> Callable[[list[str]], int]:
    """The application's command line, for the fixture ``command``."""
    return indexnet_denoising.cli.main
