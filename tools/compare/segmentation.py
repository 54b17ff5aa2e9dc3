"""Segmentation: mean IoU, accuracies and boundary measures, and the IoU of each class."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_engine.images.panels import one_below_another
from indexnet_segmentation.commands.evaluate import held_out, measure_images
from indexnet_segmentation.config import CONFIGS, TrainConfig
from indexnet_segmentation.data.open_data import has_splits, open_data
from indexnet_segmentation.data.statistics import label_statistics
from indexnet_segmentation.losses import softmax_loss
from indexnet_segmentation.models import create_model
from indexnet_segmentation.output.panels import legend, occurring, segmentation_panel
from indexnet_segmentation.predictor import class_probabilities, load_model
from indexnet_segmentation.training.train import train
from tools.compare.task import Columns, ComparedTask, Figure, Measured

__all__ = ["Segmentation"]

_HEIGHT = 180  # of a drawn row


class Segmentation(ComparedTask):
    """Table 6."""

    name = "segmentation"
    config_class = TrainConfig
    configs = CONFIGS
    operators = ("max", "o2o-shared-nl", "hin-nl")
    columns: ClassVar[Columns] = (("image", "ground truth"), ())

    @staticmethod
    def add_options(parser: ArgumentParser) -> None:
        """Test set and part."""
        parser.add_argument("--test", help="data to measure on; --data by default")
        parser.add_argument("--split", choices=("val", "test"), help="part of it; test where there is one")

    def shared_words(self) -> list[str]:
        """Training data without held-out parts are watched on the test data."""
        if self.options.test is None or has_splits(self.options.data or "builtin"):
            return []
        return [f"--data.test={self.options.test}"]

    def train(self, config: TrainConfig) -> Path:
        """See `indexnet_segmentation.training.train.train`."""
        return train(config)

    def open(self, config: TrainConfig) -> None:
        """Look at every label once."""
        data = config.data
        source = self.options.test or data.train
        split = self.options.split or held_out(source, "test")
        self.images = open_data(source, split, data.labels, data.cache)
        label_statistics(self.images, data.cache)
        self.scale = data.scale
        self._read = lru_cache(1)(lambda name: self.images.read(self.images.names.index(name)))

    @property
    def figures(self) -> list[Figure]:
        """In per cent."""
        names = ("miou", "pixel_accuracy", "class_accuracy", "boundary_iou", "boundary_f1")
        return [Figure(name, "higher", 2, percent=True) for name in names]

    def build(self, config: TrainConfig) -> nn.Module:
        """SegNet for the classes of the data."""
        return create_model(**config.model.arguments(self.images.classes.count))

    def side(self, config: TrainConfig) -> int:
        """Of a crop."""
        return config.data.size

    def draw(self, config: TrainConfig, samples: int) -> dict[str, Tensor]:
        """Crops in which every pixel has a class."""
        side = config.data.size
        label = torch.randint(self.images.classes.count, (samples, side, side))
        return {"image": torch.randn(samples, 3, side, side), "label": label}

    def input(self, batch: Mapping[str, Tensor]) -> Tensor:
        """The image."""
        return batch["image"]

    def loss(self, config: TrainConfig, output: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Without weights, which cost nothing."""
        return softmax_loss(output, batch["label"])

    def load(self, folder: Path, device: str) -> nn.Module:
        """See `indexnet_segmentation.predictor.load_model`."""
        return load_model(folder, device)

    def measure(self, model: nn.Module) -> Measured:
        """As ``evaluate`` does it, from one confusion matrix."""
        scores = measure_images(model, self.images, scale=self.scale)
        return Measured(scores.summary(), scores.by_class())

    @property
    def names(self) -> list[str]:
        """Of the part that is measured on."""
        return list(self.images.names)

    def predict(self, model: nn.Module, name: str) -> NDArray[np.integer[Any]]:
        """The most probable class of each pixel."""
        return class_probabilities(model, self._read(name)[0], scale=self.scale).argmax(0)

    def size(self, name: str) -> str:
        """Of the whole image."""
        return "x".join(map(str, self._read(name)[1].shape))

    def panels(self, names: Sequence[str], models: Mapping[str, nn.Module]) -> NDArray[np.uint8]:
        """As in Fig. 12, and a legend below."""
        rows, seen = [], []
        for name in names:
            image, label = self._read(name)
            labels = [label, *(self.predict(model, name) for model in models.values())]
            row = segmentation_panel(image, labels, self.images.classes, height=_HEIGHT)[:_HEIGHT]
            rows.append(self.labelled(row, [image, *labels], name, models))
            seen += labels
        picture = one_below_another(rows)
        below = legend(self.images.classes, occurring(*seen), picture.shape[1])
        return np.concatenate([picture, below])
