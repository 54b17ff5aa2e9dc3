"""Layers that the matting networks share."""

import torch.nn.functional as F
from torch import Tensor

__all__ = ["resize_like"]


def resize_like(x: Tensor, like: Tensor) -> Tensor:
    """Interpolate x bilinearly to the size of another feature, with aligned corners.

    Strided convolutions keep corners aligned where the sides are 2ⁿ·m + 1.
    """
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=True)
