"""Matting: SAD, MSE, gradient and connectivity errors."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_engine.images.panels import side_by_side, to_bytes
from indexnet_engine.reports.metric_tables import mean_of
from indexnet_matting.config import CONFIGS, TrainConfig
from indexnet_matting.data.open_data import load_test_set
from indexnet_matting.data.trimap_images import TestImage
from indexnet_matting.evaluation import check_images, predictions
from indexnet_matting.losses import matting_loss
from indexnet_matting.metrics import measure
from indexnet_matting.models import create_model, network_input
from indexnet_matting.predictor import MattingPredictor, load_model
from indexnet_matting.training.train import train
from tools.compare.task import Columns, ComparedTask, Figure, Measured

__all__ = ["Matting"]

_HEIGHT = 240  # of a row in pixels


class Matting(ComparedTask):
    """Tables 2 and 3."""

    name = "matting"
    config_class = TrainConfig
    configs = CONFIGS
    operators = ("max", "hin-nl", "m2o-nl-c")
    columns: ClassVar[Columns] = (("image", "trimap"), ("ground truth",))
    run_training = staticmethod(train)
    create_network = staticmethod(create_model)
    load_network = staticmethod(load_model)

    @staticmethod
    def add_options(parser: ArgumentParser) -> None:
        """Add the test data."""
        parser.add_argument("--test", help="folder of held-out images")

    def open(self, config: TrainConfig) -> None:
        """Read every image once."""
        self.images = load_test_set(config.data.test)
        check_images(MattingPredictor(self.build(config).eval()), self.images)
        self._read = lru_cache(1)(self.images.__getitem__)

    @property
    def figures(self) -> list[Figure]:
        """The metrics of Table 3."""
        return [
            Figure("sad", "lower", 2),
            Figure("mse", "lower", 4),
            Figure("grad", "lower", 2),
            Figure("conn", "lower", 2),
        ]

    def draw(self, config: TrainConfig, samples: int) -> dict[str, Tensor]:
        """Generate composites in which every pixel is unknown."""
        side = config.data.size
        planes = {name: torch.rand(samples, 3, side, side) for name in ("foreground", "background")}
        alpha = torch.rand(samples, 1, side, side)
        image = alpha * planes["foreground"] + (1 - alpha) * planes["background"]
        return {**planes, "alpha": alpha, "image": image, "trimap": torch.full_like(alpha, 128 / 255)}

    def input(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Return normalized colours and the trimap."""
        return network_input(batch["image"], batch["trimap"])

    def loss(self, config: TrainConfig, output: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Return the sum of alpha and composition loss."""
        return matting_loss(output.float(), batch)["loss"]

    def measure(self, model: nn.Module) -> Measured:
        """Average over the images, as ``evaluate`` does."""
        return Measured(
            mean_of(
                measure(alpha, image.alpha, image.trimap)
                for image, alpha in predictions(MattingPredictor(model), self.images)
            )
        )

    @property
    def names(self) -> list[str]:
        """Names of the test images."""
        return list(self.images)

    def predict(self, model: nn.Module, name: str) -> NDArray[np.float32]:
        """Predict alpha."""
        image: TestImage = self._read(name)
        return MattingPredictor(model)(image.image, image.trimap)

    def size(self, name: str) -> str:
        """Return the size of the whole image."""
        return "x".join(map(str, self._read(name).alpha.shape))

    def row(
        self, name: str, predictions: Sequence[NDArray[Any]]
    ) -> tuple[NDArray[np.uint8], Sequence[NDArray[Any]]]:
        """Draw whole images."""
        image: TestImage = self._read(name)
        trimap = image.trimap.astype(np.float32) / np.float32(255)
        images = [image.image, trimap, *predictions, image.alpha]
        return side_by_side([to_bytes(image) for image in images], _HEIGHT), images
