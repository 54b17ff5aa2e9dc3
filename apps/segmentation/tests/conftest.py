"""Fixtures shared by the tests of this application: tiny labelled images, a tiny network, the command
line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from numpy.typing import NDArray
from PIL import Image
from torch import nn

import indexnet_segmentation.cli
from indexnet_engine.images.image_file import write_image
from indexnet_engine.weights.pretrained import save_pretrained
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.models import SegNet, create_model

NAMES = ("lawn", "pond", "wall")


def fields(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """A label (H, W) of three classes in bands, with a border of 255 along the upper edge."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    bands = (rows * rng.uniform(0.05, 0.1) + columns * rng.uniform(0.05, 0.1)).astype(np.uint8) % 3
    bands[:2] = 255
    return bands


def write_pair(folder: Path, name: str, label: NDArray[np.integer], seed: int = 0) -> None:
    """Write ``image/NAME.png``, each class in its own colour with noise, and ``label/NAME.png``."""
    rng = np.random.default_rng(seed)
    colours = np.array([[0.2, 0.6, 0.2], [0.2, 0.3, 0.8], [0.7, 0.5, 0.4], [0, 0, 0]])
    image = colours[np.minimum(label, 3)] + rng.normal(0, 0.05, (*label.shape, 3))
    write_image(folder / "image" / f"{name}.png", image)
    (folder / "label").mkdir(exist_ok=True)
    Image.fromarray(label).save(folder / "label" / f"{name}.png")


@pytest.fixture
def labelled_folder(tmp_path: Path) -> Path:
    """Three images of different sizes with labels of three classes, and classes.yaml."""
    folder = tmp_path / "fields"
    for seed, name in enumerate(("a", "b", "c")):
        write_pair(folder, name, fields(40 + seed, 50 - seed, seed), seed)
    (folder / "classes.yaml").write_text(yaml.safe_dump({"classes": list(NAMES), "void": 255}))
    return folder


@pytest.fixture
def split_folder(tmp_path: Path) -> Path:
    """The same in splits: four images for training, two each for validation and test."""
    folder = tmp_path / "parts"
    for split, number in (("train", 4), ("val", 2), ("test", 2)):
        for seed in range(number):
            name = f"{split}{seed}"
            write_pair(folder / split, name, fields(64, 64, seed + 10 * len(split)), seed)
    (folder / "classes.yaml").write_text(yaml.safe_dump({"classes": list(NAMES), "void": 255}))
    return folder


CLASSES = Classes(NAMES, ((40, 160, 40), (40, 80, 200), (180, 130, 100)))
"""Classes of the weights in `net_folder`; their colours differ from those of the folders."""


def jolt(model: nn.Module) -> nn.Module:
    """Set batch norm to values that a trained network could have, so that every part matters."""
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
    return model.eval()


@pytest.fixture(scope="session")
def net() -> SegNet:
    """SegNet with index networks for the three classes, four channels wide."""
    torch.manual_seed(0)
    return jolt(create_model("segnet", resampling="m2o-nl", classes=3, width=4))


@pytest.fixture(scope="session")
def classes() -> Classes:
    """The classes of `net_folder`."""
    return CLASSES


@pytest.fixture(scope="session")
def net_folder(tmp_path_factory: pytest.TempPathFactory, net: SegNet) -> Path:
    """Weights of `net`, as a run writes them."""
    folder = tmp_path_factory.mktemp("net")
    palette = [list(colour) for colour in CLASSES.palette]
    config = {"task": "segmentation", "classes": list(CLASSES.names), "palette": palette, "scale": 1.0}
    save_pretrained(net, folder, config)
    return folder


@pytest.fixture
def main() -> Callable[[list[str]], int]:
    """The application's command line, for the fixture ``command``."""
    return indexnet_segmentation.cli.main
