"""Denoising as the training loop sees it: model, patches, loss, held-out images."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_denoising.data.dataset import NoisyPatches
from indexnet_denoising.losses import LOSSES, LossName
from indexnet_denoising.metrics import measure
from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_engine.images.image_file import to_tensor
from indexnet_engine.images.panels import index_sheet, to_bytes
from indexnet_engine.models.batch_norm import batch_norms
from indexnet_engine.reports.metric_tables import mean_of
from indexnet_engine.training.index_comparison import decoder_index_maps
from indexnet_engine.training.task import Task, TrainData

__all__ = ["DenoisingTask"]


class DenoisingTask(Task):
    """Everything that `indexnet_engine.fit` needs to train a denoiser.

    Args:
        model: a network of this package.
        train_data: noisy and clean patches; their kind of noise is added to the held-out images, too.
        test_images: held-out clean images (H, W, C) in [0, 1].
        loss: name of the loss function.
        freeze_bn: whether batch norm keeps its running statistics.
    """

    monitor = "psnr"
    monitor_mode: Literal["max", "min"] = "max"

    def __init__(
        self,
        model: nn.Module,
        train_data: NoisyPatches,
        test_images: dict[str, NDArray[np.float32]],
        *,
        loss: LossName = "l2",
        freeze_bn: bool = False,
    ) -> None:
        self.model = model
        self.train_data: TrainData = train_data
        self.noise = train_data.noise
        self.held_out = self.noise.held_out(test_images)
        self._loss = LOSSES[loss]
        if freeze_bn:
            self.frozen_modules = batch_norms(model)

    def loss(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Return the loss between the denoised and the clean patch."""
        noisy, clean = batch
        return {"loss": self._loss(model(noisy).float(), clean)}

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Return the mean metrics of the held-out images over all noise levels, and each level's PSNR."""
        predictor = DenoisingPredictor(model)
        by_level = {
            level: mean_of(measure(pair.clean, predictor(pair.noisy), pair.noisy) for pair in pairs.values())
            for level, pairs in self.held_out.items()
        }
        levels = {f"psnr_{level}": means["psnr"] for level, means in by_level.items()}
        return mean_of(by_level.values()) | (levels if len(levels) > 1 else {})

    def pictures(self, model: nn.Module) -> dict[str, NDArray[np.uint8]]:
        """Draw the first held-out image noisy, denoised and clean side by side, and the first index map."""
        pair = next(iter(next(iter(self.held_out.values())).values()))
        noisy, clean = pair.noisy[:256, :256], pair.clean[:256, :256]
        predictor = DenoisingPredictor(model)
        panel = np.concatenate([noisy.clip(0, 1), predictor(noisy), clean], 1)
        pictures = {"denoised": to_bytes(panel)}
        if maps := decoder_index_maps(model, to_tensor(noisy)):
            pictures["index"] = index_sheet({"now": maps[:1]}, maps[0].shape[0])
        return pictures

    def pretrained_config(self) -> dict[str, Any]:
        """Return the entries of ``config.json`` beside the weights."""
        return {"task": "denoising", **self.noise.entries()}
