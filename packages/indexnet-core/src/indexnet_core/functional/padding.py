"""Pad to sizes that a network's stride divides, and crop back."""

import torch.nn.functional as F
from torch import Tensor

from indexnet_core.errors import ShapeError

__all__ = ["check_divisible", "crop_to", "pad_to_multiple"]


def check_divisible(height: int, width: int, multiple: int, remedy: str = "pass pad=True") -> None:
    """Check that the sides are divisible; the error ends with ``remedy``.

    Raises:
        ShapeError: if they are not.

    >>> check_divisible(720, 1280, 32)
    Traceback (most recent call last):
    indexnet_core.errors.ShapeError: height and width must be divisible by 32, got 720x1280; pass pad=True
    """
    if height % multiple or width % multiple:
        raise ShapeError(f"height and width must be divisible by {multiple}, got {height}x{width}; {remedy}")


def pad_to_multiple(x: Tensor, multiple: int, value: float | None = None) -> Tensor:
    """Extend right and bottom to the next multiple.

    Args:
        x: feature map or image.
        multiple: divisor of the new sides.
        value: of the new pixels; by default by reflection, and where a side is too short for that, by
            replication.

    Shape: x (B, C, H, W) -> (B, C, ⌈H/m⌉·m, ⌈W/m⌉·m); x itself where no padding is needed

    >>> import torch
    >>> pad_to_multiple(torch.zeros(1, 1, 481, 321), 8).shape
    torch.Size([1, 1, 488, 328])
    """
    height, width = x.shape[-2:]
    bottom, right = -height % multiple, -width % multiple
    if bottom == 0 and right == 0:
        return x
    if value is not None:
        return F.pad(x, (0, right, 0, bottom), value=value)
    x = F.pad(x, (0, right, 0, 0), mode="reflect" if right < width else "replicate")
    return F.pad(x, (0, 0, 0, bottom), mode="reflect" if bottom < height else "replicate")


def crop_to(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Keep the top-left ``size`` = (height, width) of x."""
    return x[..., : size[0], : size[1]]
