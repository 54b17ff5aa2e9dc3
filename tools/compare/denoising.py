"""Denoising: PSNR, SSIM and spots on one or more test sets, with the same noise for all operators."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_denoising.config import CONFIGS, TrainConfig
from indexnet_denoising.data.noise import noisy_image
from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.evaluation import evaluate_images
from indexnet_denoising.losses import LOSSES
from indexnet_denoising.metrics import check_measurable
from indexnet_denoising.models import create_model
from indexnet_denoising.predictor import DenoisingPredictor, load_model
from indexnet_denoising.training.train import train
from indexnet_engine.errors import UserError
from indexnet_engine.images.panels import side_by_side, to_bytes
from indexnet_engine.reports.metric_tables import mean_of
from tools.compare.shown import SIDE, middle
from tools.compare.task import Columns, ComparedTask, Figure, Measured

__all__ = ["Denoising"]


class Denoising(ComparedTask):
    """Table 5."""

    name = "denoising"
    config_class = TrainConfig
    configs = CONFIGS
    operators = ("max", "o2o-shared", "hin-nl")
    columns: ClassVar[Columns] = (("noisy",), ("clean",))
    run_training = staticmethod(train)
    create_network = staticmethod(create_model)
    load_network = staticmethod(load_model)

    def __init__(self, options: Namespace) -> None:
        super().__init__(options)
        self.sets: dict[str, dict[str, NDArray[np.float32]]] = {}

    @staticmethod
    def add_options(parser: ArgumentParser) -> None:
        """Add the test sets and the noise level."""
        parser.add_argument("--test", nargs="+", default=["builtin"], help="folders of test images")
        parser.add_argument("--sigma", type=float, default=25.0, help="noise level, 0-255 scale")
        parser.add_argument(
            "--clip-noise",
            action="store_true",
            help="clip noisy test images and round them to 8 bits; in the training: --data.clip_noise true",
        )

    def shared_words(self) -> list[str]:
        """Return one noise level for training and test."""
        return [f"--data.sigma={self.options.sigma}", f"--data.test_sigma={self.options.sigma}"]

    def open(self, config: TrainConfig) -> None:
        """Read all images."""
        for test in self.options.test:
            name = Path(test).name
            if name in self.sets:
                raise UserError(f"--test: two folders have the name {name}")
            self.sets[name] = load_images(test, "test", config.model.channels)
            for image, pixels in self.sets[name].items():
                check_measurable(Path(test, image), pixels)
        self.clean = {
            name if len(self.sets) == 1 else f"{test}/{name}": pixels
            for test, images in self.sets.items()
            for name, pixels in images.items()
        }
        self.noisy = {
            name: noisy_image(
                pixels,
                self.options.sigma,
                name.rpartition("/")[2],
                clip_noise=self.options.clip_noise,
            )
            for name, pixels in self.clean.items()
        }

    @property
    def figures(self) -> list[Figure]:
        """PSNR, SSIM and spots on each test set."""
        return [
            figure
            for test in self.sets
            for figure in (
                Figure(f"psnr {test}", "higher", 2),
                Figure(f"ssim {test}", "higher", 4),
                Figure(f"spots {test}", "lower", 2, percent=True),
            )
        ]

    def side(self, config: TrainConfig) -> int:
        """Return the side of a patch."""
        return config.data.patch_size

    def draw(self, config: TrainConfig, samples: int) -> dict[str, Tensor]:
        """Draw noisy and clean patches."""
        shape = (samples, config.model.channels, config.data.patch_size, config.data.patch_size)
        return {name: torch.rand(shape) for name in ("noisy", "clean")}

    def input(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Return the noisy patches."""
        return batch["noisy"]

    def loss(self, config: TrainConfig, output: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Return the loss that the configuration names."""
        return LOSSES[config.loss](output.float(), batch["clean"])

    def measure(self, model: nn.Module) -> Measured:
        """Average over the images of each set, as ``evaluate`` does."""
        values: dict[str, float] = {}
        for test, clean in self.sets.items():
            images, _ = evaluate_images(
                DenoisingPredictor(model, tile=1024),
                clean,
                self.options.sigma,
                clip_noise=self.options.clip_noise,
            )
            values |= {f"{name} {test}": value for name, value in mean_of(images.values()).items()}
        return Measured(values)

    @property
    def names(self) -> list[str]:
        """Names of the images, each after the name of its set where there are several sets."""
        return list(self.clean)

    def predict(self, model: nn.Module, name: str) -> NDArray[np.float32]:
        """Denoise one image."""
        return DenoisingPredictor(model)(self.noisy[name])

    def size(self, name: str) -> str:
        """Return the size of the whole image."""
        return "x".join(map(str, self.clean[name].shape[:2]))

    def row(
        self, name: str, predictions: Sequence[NDArray[Any]]
    ) -> tuple[NDArray[np.uint8], Sequence[NDArray[Any]]]:
        """Draw the centre of each image at twice its size."""
        images = [middle(image) for image in (self.noisy[name], *predictions, self.clean[name])]
        return side_by_side([to_bytes(image) for image in images], 2 * SIDE), images
