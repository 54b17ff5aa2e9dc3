"""The alignment of feature maps, from which a fused kernel derives wide memory accesses."""

import math

from torch import Tensor

__all__ = ["alignments", "is_flat"]


def is_flat(tensors: list[Tensor], width: int) -> bool:
    """Whether rows of regions follow each other without gaps in all maps with one value per region.

    Args:
        tensors: the maps of a launch.
        width: regions of a row.
    """
    return all(t.stride(-2) == width * t.stride(-1) for t in tensors if t.shape[-1] == width)


def alignments(
    tensors: list[Tensor], channels: int, regions: int, width: int, joined: int, flat: bool
) -> tuple[int, int]:
    """The alignment of channels and that of regions: powers of two up to 16, of which one is 1.

    Where channels (columns) are adjacent in all maps, it divides their number and all strides, so that wide
    accesses start at multiples of it; Triton itself detects only multiples of 16. Logits that all channels
    share add no condition to the first.

    Args:
        tensors: the maps of a launch.
        channels, regions, width: of the feature; regions is h·w.
        joined: lanes of each region along the columns.
        flat: whether rows of regions follow each other without gaps, so that the width does not matter.
    """
    own = [t for t in tensors if t.ndim == 4 or t.shape[2] == channels]
    if all(t.stride(-3) == 1 for t in own):
        strides = (s for t in own for d, s in enumerate(t.stride()) if d != t.ndim - 3)
        return math.gcd(16, channels, *strides), 1
    if all(t.stride(-1) == 1 for t in tensors):
        rows = [t.stride(-2) for t in tensors if not (flat and t.shape[-1] == width)]
        others = [s for t in tensors for s in t.stride()[:-2]]
        return 1, math.gcd(16, regions, width * joined, *([] if flat else [width]), *rows, *others)
    return 1, 1
