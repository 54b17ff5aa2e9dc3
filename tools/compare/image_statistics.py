"""Networks whose batch norm normalises with the statistics of the image itself."""

import copy
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_engine.models.batch_norm import batch_norms

__all__ = ["with_image_statistics"]


class ImageNorm(nn.Module):
    """Batch norm with the mean and variance of each image, as in a training step on this image alone.

    A map of a single pixel, which has no variance, is normalised with the running statistics.
    """

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (B, C, H, W)."""
        if x.shape[2:].numel() == 1:
            return cast(Tensor, self.norm(x))
        return F.instance_norm(x, weight=self.norm.weight, bias=self.norm.bias, eps=self.norm.eps)


def with_image_statistics(model: nn.Module) -> nn.Module:
    """Return a copy of a network, in evaluation mode, that computes the statistics anew for every image.

    It shows what the running statistics cost: a network that was trained with the statistics of batches is
    better with those of the image where the running ones do not fit it.
    """
    changed = copy.deepcopy(model).eval()
    norms = set(batch_norms(changed))
    for parent in list(changed.modules()):
        for name, child in list(parent.named_children()):
            if child in norms:
                setattr(parent, name, ImageNorm(cast(nn.BatchNorm2d, child)))
    return changed
