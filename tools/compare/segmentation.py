"""Segmentation: mean IoU, accuracies and boundary measures, and the IoU of each class."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_segmentation.config import CONFIGS, TrainConfig
from indexnet_segmentation.data.open_data import has_splits, open_data
from indexnet_segmentation.data.statistics import label_statistics
from indexnet_segmentation.evaluation import held_out, measure_images
from indexnet_segmentation.losses import softmax_loss
from indexnet_segmentation.models import create_model
from indexnet_segmentation.output.panels import legend, occurring, segmentation_panel
from indexnet_segmentation.predictor import SegmentationPredictor, load_model
from indexnet_segmentation.training.train import train
from tools.compare.task import Columns, ComparedTask, Figure, Measured

__all__ = ["Segmentation"]

_HEIGHT = 180  # of a row in pixels


class Segmentation(ComparedTask):
    """Table 6."""

    name = "segmentation"
    config_class = TrainConfig
    configs = CONFIGS
    operators = ("max", "o2o-shared-nl", "hin-nl")
    columns: ClassVar[Columns] = (("image", "ground truth"), ())
    run_training = staticmethod(train)
    create_network = staticmethod(create_model)
    load_network = staticmethod(load_model)

    @staticmethod
    def add_options(parser: ArgumentParser) -> None:
        """Add the test data and their split."""
        parser.add_argument("--test", help="data to measure on; --data by default")
        parser.add_argument("--split", choices=("val", "test"), help="by default test where it exists")

    def shared_words(self) -> list[str]:
        """Evaluate the test data during training where the training data have no held-out split."""
        if self.options.test is None or has_splits(self.options.data or "builtin"):
            return []
        return [f"--data.test={self.options.test}"]

    def open(self, config: TrainConfig) -> None:
        """Open the test data and check every label."""
        data = config.data
        source = self.options.test or data.train
        split = self.options.split or held_out(source, "test")
        self.images = open_data(source, split, data.labels, data.cache)
        label_statistics(self.images, data.cache)
        self.scale, self.max_side = data.scale, data.max_side
        self._read = lru_cache(1)(lambda name: self.images.read(self.images.names.index(name)))

    @property
    def figures(self) -> list[Figure]:
        """IoU, accuracies and boundary metrics in per cent."""
        names = ("miou", "pixel_accuracy", "class_accuracy", "boundary_iou", "boundary_f1")
        return [Figure(name, "higher", 2, percent=True) for name in names]

    def build(self, config: TrainConfig) -> nn.Module:
        """Create SegNet for the classes of the data."""
        return create_model(**config.model.arguments(self.images.classes.count))

    def draw(self, config: TrainConfig, samples: int) -> dict[str, Tensor]:
        """Generate crops in which every pixel has a class."""
        side = config.data.size
        label = torch.randint(self.images.classes.count, (samples, side, side))
        return {"image": torch.randn(samples, 3, side, side), "label": label}

    def loss(self, config: TrainConfig, output: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Return the loss without class weights, which cost no time."""
        return softmax_loss(output, batch["label"])

    def _predictor(self, model: nn.Module) -> SegmentationPredictor:
        return SegmentationPredictor(model, scale=self.scale, max_side=self.max_side)

    def measure(self, model: nn.Module) -> Measured:
        """Compute all metrics from one confusion matrix, as ``evaluate`` does."""
        scores = measure_images(
            SegmentationPredictor(model, scale=self.scale, max_side=self.max_side), self.images
        )
        return Measured(scores.summary(), scores.by_class())

    @property
    def names(self) -> list[str]:
        """Names of the images of the split."""
        return list(self.images.names)

    def predict(self, model: nn.Module, name: str) -> NDArray[np.integer[Any]]:
        """Predict the most probable class of each pixel."""
        return self._predictor(model)(self._read(name)[0])

    def size(self, name: str) -> str:
        """Return the size of the whole image."""
        return "x".join(map(str, self._read(name)[1].shape))

    def row(
        self, name: str, predictions: Sequence[NDArray[Any]]
    ) -> tuple[NDArray[np.uint8], Sequence[NDArray[Any]]]:
        """Draw labels in colours, as Fig. 12 does."""
        image, label = self._read(name)
        labels = [label, *predictions]
        self._drawn += labels
        row = segmentation_panel(image, labels, self.images.classes, height=_HEIGHT)
        return row[:_HEIGHT], [image, *labels]  # without the legend, which is drawn once below all rows

    def panels(self, names: Sequence[str], models: Mapping[str, nn.Module]) -> NDArray[np.uint8]:
        """Draw the rows, and below them a legend of the classes that occur."""
        self._drawn: list[NDArray[Any]] = []
        rows = super().panels(names, models)
        below = legend(self.images.classes, occurring(*self._drawn), rows.shape[1])
        return np.concatenate([rows, below])
