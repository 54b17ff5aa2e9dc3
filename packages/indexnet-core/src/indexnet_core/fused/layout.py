"""Memory formats of the fused operators: results follow the feature map."""

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["empty_map", "is_channels_last"]


def is_channels_last(x: Tensor) -> bool:
    """Whether neighbouring channels lie closer in memory than neighbouring pixels.

    Unlike ``is_contiguous(memory_format=...)`` it also sees the order of a slice. Where both orders describe
    the same memory (one channel), the answer is no.
    """
    _, channel, row, column = x.stride()
    return x.shape[1] > 1 and 0 < channel < min(row, column)


def empty_map(x: Tensor, size: Sequence[int], channels: int | None = None) -> Tensor:
    """An unwritten map (B, channels or C, *size) in the type and memory format of x."""
    last = x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    memory_format = torch.channels_last if last else torch.contiguous_format
    shape = (x.shape[0], x.shape[1] if channels is None else channels)
    return torch.empty((*shape, *size), dtype=x.dtype, device=x.device, memory_format=memory_format)
