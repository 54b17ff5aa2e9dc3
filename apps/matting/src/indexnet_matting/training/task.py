"""Matting as the training loop sees it: model, crops, loss, held-out images."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_engine.reports.metric_tables import mean_of
from indexnet_engine.training.index_comparison import IndexComparison
from indexnet_engine.training.optim import groups_with_lr_scale
from indexnet_engine.training.task import Task, TrainData
from indexnet_matting.data.trimap_images import TestImage
from indexnet_matting.evaluation import predictions
from indexnet_matting.losses import matting_loss
from indexnet_matting.metrics import measure
from indexnet_matting.models import MattingNetwork, encoder_batch_norms, encoder_parameters, network_input
from indexnet_matting.output.panels import INDEX_HEIGHT, matting_panel
from indexnet_matting.predictor import MattingPredictor

__all__ = ["MattingTask"]

_VIEW = 480  # largest side of the part of the first held-out image that is shown


class MattingTask(Task):
    """Everything that `indexnet_engine.fit` needs to train a matting network.

    Args:
        model: a network of this package before training.
        train_data: crops.
        test_images: held-out images by name, with trimaps and true mattes.
        encoder_lr_scale: factor on the learning rate of the encoder's pretrained layers.
        freeze_bn: whether the encoder's batch norm keeps its running statistics.
    """

    monitor = "sad"
    monitor_mode: Literal["max", "min"] = "min"

    def __init__(
        self,
        model: MattingNetwork,
        train_data: TrainData,
        test_images: Mapping[str, TestImage],
        *,
        encoder_lr_scale: float = 1.0,
        freeze_bn: bool = False,
    ) -> None:
        self.model = model
        self.train_data = train_data
        self.test_images = test_images
        self._encoder = encoder_parameters(model)
        self._encoder_lr_scale = encoder_lr_scale
        self.frozen_modules = encoder_batch_norms(model) if freeze_bn else []
        self._shown = shown = window(next(iter(test_images.values())), _VIEW)
        self._indices = IndexComparison(
            model,
            lambda model: MattingPredictor(model).index_pictures(shown.image, shown.trimap)["decoder"],
            INDEX_HEIGHT,
        )

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return half the error of alpha and half that of the composite, over unknown pixels."""
        estimate = model(network_input(batch["image"], batch["trimap"]))
        return matting_loss(estimate.float(), batch)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Return the mean SAD, MSE, gradient and connectivity errors of the held-out images."""
        return mean_of(
            measure(alpha, image.alpha, image.trimap)
            for image, alpha in predictions(MattingPredictor(model), self.test_images)
        )

    def pictures(self, model: nn.Module) -> dict[str, NDArray[np.uint8]]:
        """Draw a panel of the first held-out image, and its index maps before training (above) and now."""
        shown = self._shown
        alpha = MattingPredictor(model)(shown.image, shown.trimap)
        panel = matting_panel(shown.image, shown.trimap, alpha, shown.alpha)
        return {"matte": panel, **self._indices.pictures(model)}

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return the parameter groups, with a separate learning rate for the encoder's pretrained layers."""
        return groups_with_lr_scale(self.model, self._encoder, self._encoder_lr_scale)

    def pretrained_config(self) -> dict[str, Any]:
        """Return the entries of ``config.json`` beside the weights."""
        return {"task": "matting"}


def window(image: TestImage, side: int) -> TestImage:
    """Cut out at most side × side pixels around the middle of the unknown ones."""
    rows, columns = (
        _span(np.flatnonzero((image.trimap == 128).any(axis)), length, side)
        for axis, length in zip((1, 0), image.trimap.shape)
    )
    return TestImage(
        image.name, image.image[rows, columns], image.trimap[rows, columns], image.alpha[rows, columns]
    )


def _span(unknown: NDArray[np.intp], length: int, side: int) -> slice:
    middle = int(unknown[len(unknown) // 2])
    start = max(0, min(middle - side // 2, length - side))
    return slice(start, start + side)
