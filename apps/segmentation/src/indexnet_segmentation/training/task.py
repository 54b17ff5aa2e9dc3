"""Segmentation as the training loop sees it: model, crops, loss, held-out images."""

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_engine.training.index_comparison import IndexComparison, decoder_index_maps
from indexnet_engine.training.optim import groups_with_lr_scale
from indexnet_engine.training.task import Task, TrainData
from indexnet_segmentation.data.dataset import CropDataset
from indexnet_segmentation.data.labelled_images import LabelledImages
from indexnet_segmentation.evaluation import measure_images
from indexnet_segmentation.losses import pixel_weight, softmax_loss
from indexnet_segmentation.models import SegmentationNetwork, encoder_batch_norms
from indexnet_segmentation.output.panels import segmentation_panel
from indexnet_segmentation.predictor import SegmentationPredictor

__all__ = ["SegmentationTask"]

_INDEX_HEIGHT = 240


class SegmentationTask(Task):
    """Everything that `indexnet_engine.fit` needs to train a segmentation network.

    Args:
        model: a network of this package before training.
        train_data: crops.
        test_images: held-out images with labels, of the same classes.
        weights: class weights of the loss, float32 (C,); equal by default.
        encoder_lr_scale: factor on the learning rate of the encoder.
        freeze_bn: whether the encoder's batch norm keeps its running statistics.
        scale: factor by which held-out images are enlarged before the network sees them.
        max_side: pixels of the longer side to which larger ones are reduced.
    """

    monitor = "miou"
    monitor_mode: Literal["max", "min"] = "max"

    def __init__(
        self,
        model: SegmentationNetwork,
        train_data: CropDataset,
        test_images: LabelledImages,
        *,
        weights: NDArray[np.float32] | None = None,
        encoder_lr_scale: float = 1.0,
        freeze_bn: bool = False,
        scale: float = 1.0,
        max_side: int | None = None,
    ) -> None:
        self.model: SegmentationNetwork = model
        self.train_data: TrainData = train_data
        self.test_images = test_images
        self.scale = scale
        self.max_side = max_side
        self._encoder_lr_scale = encoder_lr_scale
        self._weights = None if weights is None else torch.from_numpy(weights)
        self.frozen_modules = encoder_batch_norms(model) if freeze_bn else []
        self._shown = test_images.read(0)
        x = self._predictor(model).network_input(self._shown[0])
        self._indices = IndexComparison(model, lambda model: decoder_index_maps(model, x), _INDEX_HEIGHT)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return one group, or two where the encoder's learning rate differs."""
        return groups_with_lr_scale(self.model, self.model.encoder.parameters(), self._encoder_lr_scale)

    def loss(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Return the softmax loss over the pixels that have a class."""
        image, label = batch
        return {"loss": softmax_loss(model(image), label, self._class_weights(label))}

    def weight(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Return the number of pixels that have a class, or the sum of their classes' weights."""
        label = batch[1]
        return pixel_weight(label, self._class_weights(label))

    def _class_weights(self, label: Tensor) -> Tensor | None:
        if self._weights is not None:
            self._weights = self._weights.to(label.device)
        return self._weights

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Return mean IoU and accuracies over all held-out images; ``evaluate`` measures boundaries, too."""
        return measure_images(self._predictor(model), self.test_images, None).summary()

    def pictures(self, model: nn.Module) -> dict[str, NDArray[np.uint8]]:
        """Draw the first held-out image, its label and prediction; index maps before training (above) and
        now."""
        image, label = self._shown
        found = self._predictor(model)(image)
        panel = segmentation_panel(image, [label, found], self.test_images.classes)
        return {"classes": panel, **self._indices.pictures(model)}

    def _predictor(self, model: nn.Module) -> SegmentationPredictor:
        return SegmentationPredictor(model, scale=self.scale, max_side=self.max_side)

    def pretrained_config(self) -> dict[str, Any]:
        """Return the entries of ``config.json`` beside the weights."""
        classes = self.test_images.classes
        return {
            "task": "segmentation",
            "classes": list(classes.names),
            "palette": [list(colour) for colour in classes.palette],
            "scale": self.scale,
            **({} if self.max_side is None else {"max_side": self.max_side}),
        }
