"""What all matting networks have in common: sizes, padding, and an encoder that can be pretrained."""

import math
from typing import Any, Literal

from torch import Tensor, nn

from indexnet_core import SpecError, check_divisible, crop_to, pad_to_multiple

__all__ = ["MattingNetwork", "OutputStride", "scaled"]

OutputStride = Literal[16, 32]


class MattingNetwork(nn.Module):
    """From an image and a trimap to an alpha matte; subclasses implement `estimate`.

    Args:
        stride: what the sides must be divisible by, and where tiles of an image may begin.
        pad: whether other sizes are padded by reflection and cropped back; an error otherwise.
        any_size: the network takes every size as it is, and ``pad`` changes nothing.

    Attributes:
        encoder: the part that ImageNet weights are loaded into.
        config: name and arguments from which `create_model` builds the network again.

    Shape: input (B, 4, H, W), see `network_input` -> alpha (B, 1, H, W), not clipped to [0, 1]

    Raises:
        ShapeError: if the stride does not divide the sides and ``pad`` is not set.
    """

    encoder: nn.Module
    config: dict[str, Any]

    def __init__(self, stride: int, *, pad: bool = False, any_size: bool = False) -> None:
        super().__init__()
        self.stride = stride
        self.pad = pad
        self.any_size = any_size

    def forward(self, x: Tensor) -> Tensor:
        """Estimate alpha at the size of the input."""
        size = (x.shape[-2], x.shape[-1])
        if self.any_size:
            return self.estimate(x)
        if self.pad:
            x = pad_to_multiple(x, self.stride)
        else:
            check_divisible(*size, self.stride)
        return crop_to(self.estimate(x), size)

    def estimate(self, x: Tensor) -> Tensor:
        """Alpha of an input whose sides fit."""
        raise NotImplementedError


def scaled(channels: int, width: float) -> int:
    """A number of channels times a width multiplier, rounded down.

    >>> scaled(24, 1.4), scaled(320, 1.4), scaled(16, 0.01)
    (33, 448, 1)

    Raises:
        SpecError: if the multiplier is not positive.
    """
    if not isinstance(width, int | float) or not 0 < width < math.inf:
        raise SpecError(f"width must be a positive multiplier, got {width!r}")
    return max(1, int(channels * width))
