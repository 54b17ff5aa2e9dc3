"""Denoising: PSNR and SSIM on one or more test sets, with the same noise for everybody."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_denoising.commands.evaluate import evaluate_images
from indexnet_denoising.config import CONFIGS, TrainConfig
from indexnet_denoising.data.noise import evaluation_noise
from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.losses import LOSSES
from indexnet_denoising.metrics import check_measurable
from indexnet_denoising.models import create_model
from indexnet_denoising.predictor import denoise, load_model
from indexnet_denoising.training.train import train
from indexnet_engine.errors import UserError
from indexnet_engine.images.panels import one_below_another, side_by_side, to_bytes
from indexnet_engine.reports.metric_tables import mean_of
from tools.compare.task import Columns, ComparedTask, Figure, Measured

__all__ = ["Denoising"]

_SHOWN = 160  # side of the middle of an image that is drawn


class Denoising(ComparedTask):
    """Table 5."""

    name = "denoising"
    config_class = TrainConfig
    configs = CONFIGS
    operators = ("max", "o2o-shared", "hin-nl")
    columns: ClassVar[Columns] = (("noisy",), ("clean",))

    def __init__(self, options: Namespace) -> None:
        super().__init__(options)
        self.sets: dict[str, dict[str, NDArray[np.float32]]] = {}

    @staticmethod
    def add_options(parser: ArgumentParser) -> None:
        """Test sets and noise."""
        parser.add_argument("--test", nargs="+", default=["builtin"], help="folders of test images")
        parser.add_argument("--sigma", type=float, default=25.0, help="noise level, 0-255 scale")

    def shared_words(self) -> list[str]:
        """One level of noise in training and measuring."""
        return [f"--data.sigma={self.options.sigma}", f"--data.test_sigma={self.options.sigma}"]

    def train(self, config: TrainConfig) -> Path:
        """See `indexnet_denoising.training.train.train`."""
        return train(config)

    def open(self, config: TrainConfig) -> None:
        """Read all images."""
        for test in self.options.test:
            name = Path(test).name
            if name in self.sets:
                raise UserError(f"--test: two folders are called {name}")
            self.sets[name] = load_images(test, "test", config.model.channels)
            for image, pixels in self.sets[name].items():
                check_measurable(Path(test, image), pixels)
        self.clean = {
            name if len(self.sets) == 1 else f"{test}/{name}": pixels
            for test, images in self.sets.items()
            for name, pixels in images.items()
        }
        self.noisy = {
            name: pixels + evaluation_noise(pixels.shape, self.options.sigma, name.rpartition("/")[2])
            for name, pixels in self.clean.items()
        }

    @property
    def figures(self) -> list[Figure]:
        """Of each test set."""
        return [
            Figure(f"{measure} {test}", "higher", digits)
            for test in self.sets
            for measure, digits in (("psnr", 2), ("ssim", 4))
        ]

    def build(self, config: TrainConfig) -> nn.Module:
        """DnCNN-SegNet, unless the configuration says otherwise."""
        return create_model(**config.model.arguments())

    def side(self, config: TrainConfig) -> int:
        """Of a patch."""
        return config.data.patch_size

    def draw(self, config: TrainConfig, samples: int) -> dict[str, Tensor]:
        """Noisy and clean patches."""
        shape = (samples, config.model.channels, config.data.patch_size, config.data.patch_size)
        return {name: torch.rand(shape) for name in ("noisy", "clean")}

    def input(self, batch: Mapping[str, Tensor]) -> Tensor:
        """The noisy patches."""
        return batch["noisy"]

    def loss(self, config: TrainConfig, output: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """By its name in the configuration."""
        return LOSSES[config.loss](output.float(), batch["clean"])

    def load(self, folder: Path, device: str) -> nn.Module:
        """See `indexnet_denoising.predictor.load_model`."""
        return load_model(folder, device)

    def measure(self, model: nn.Module) -> Measured:
        """As ``evaluate`` does it, the mean over the images of each set."""
        values: dict[str, float] = {}
        for test, clean in self.sets.items():
            images, _ = evaluate_images(model, clean, self.options.sigma)
            values |= {f"{name} {test}": value for name, value in mean_of(images.values()).items()}
        return Measured(values)

    @property
    def names(self) -> list[str]:
        """With the set in front where there are several."""
        return list(self.clean)

    def predict(self, model: nn.Module, name: str) -> NDArray[np.float32]:
        """Denoise it."""
        return denoise(model, self.noisy[name])

    def size(self, name: str) -> str:
        """Of the whole image."""
        return "x".join(map(str, self.clean[name].shape[:2]))

    def panels(self, names: Sequence[str], models: Mapping[str, nn.Module]) -> NDArray[np.uint8]:
        """The middle of each image, in its own pixels, twice as large."""
        rows = []
        for name in names:
            pictures: list[NDArray[Any]] = [self.noisy[name]]
            pictures += [self.predict(model, name) for model in models.values()]
            cut = [_middle(picture) for picture in (*pictures, self.clean[name])]
            row = side_by_side([to_bytes(picture) for picture in cut], 2 * _SHOWN)
            rows.append(self.labelled(row, cut, name, models))
        return one_below_another(rows)


def _middle(image: NDArray[np.float32]) -> NDArray[np.float32]:
    top, left = (max(0, (side - _SHOWN) // 2) for side in image.shape[:2])
    return image[top : top + _SHOWN, left : left + _SHOWN]
