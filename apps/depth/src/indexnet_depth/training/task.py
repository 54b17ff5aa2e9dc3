"""Depth as the training loop sees it: model, views, loss, held-out frames."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_depth.data.crop import evaluation_view
from indexnet_depth.data.dataset import DepthDataset
from indexnet_depth.data.generator.dataset import GeneratedDataset
from indexnet_depth.data.open_data import Frames
from indexnet_depth.evaluation import measured, predictions
from indexnet_depth.losses import depth_loss, valid_pixels
from indexnet_depth.metrics import average, edge_threshold
from indexnet_depth.models import FastDepth
from indexnet_depth.output.panels import depth_panel
from indexnet_depth.predictor import DepthPredictor
from indexnet_engine.images.image_file import to_tensor
from indexnet_engine.training.index_comparison import IndexComparison, decoder_index_maps
from indexnet_engine.training.task import Task, TrainData

__all__ = ["DepthTask"]

_INDEX_HEIGHT = 224


class DepthTask(Task):
    """Everything that `indexnet_engine.fit` needs to train a depth network.

    Args:
        model: a network of this package before training.
        train_data: random views.
        test_frames: held-out frames; their evaluation views are measured.
    """

    monitor = "rmse"
    monitor_mode: Literal["max", "min"] = "min"

    def __init__(
        self, model: FastDepth, train_data: DepthDataset | GeneratedDataset, test_frames: Frames
    ) -> None:
        self.model = model
        self.train_data: TrainData = train_data
        self.test_frames = test_frames
        self.size = train_data.size
        self._shown = evaluation_view(test_frames.read(0), self.size)
        x = to_tensor(self._shown.image)
        self._indices = IndexComparison(model, lambda model: decoder_index_maps(model, x), _INDEX_HEIGHT)

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the mean absolute error over valid pixels, in metres."""
        return depth_loss(model(batch["image"]), batch["depth"])

    def weight(self, batch: dict[str, Tensor]) -> Tensor:
        """Return the number of valid pixels."""
        return valid_pixels(batch["depth"]).sum()

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Return the measures of the held-out frames, averaged over images."""
        return average(
            measured(name, depth, view.depth, edge_threshold(self.size))
            for name, view, depth in predictions(model, self.test_frames, self.size)
        )

    def pictures(self, model: nn.Module) -> dict[str, NDArray[np.uint8]]:
        """Draw a panel of the first held-out frame, and its index maps before training (above) and now."""
        shown = self._shown
        panel = depth_panel(shown.image, shown.depth, [DepthPredictor(model, size=None)(shown.image)])
        return {"depth": panel, **self._indices.pictures(model)}

    def pretrained_config(self) -> dict[str, Any]:
        """Return the entries of ``config.json`` beside the weights."""
        return {"task": "depth", "size": self.size}
