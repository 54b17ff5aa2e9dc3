"""Memory formats of the fused operators' results: they follow the feature map."""

import torch
from torch import Tensor

__all__ = ["empty_map", "is_channels_last"]


def is_channels_last(x: Tensor) -> bool:
    """Whether neighbouring channels lie closer in memory than neighbouring pixels.

    Unlike ``is_contiguous(memory_format=...)`` it also sees the order of a slice; where both orders describe
    the same memory (one channel), the answer is no.
    """
    _, channel, row, column = x.stride()
    return x.shape[1] > 1 and 0 < channel < min(row, column)


def empty_map(like: Tensor, height: int, width: int) -> Tensor:
    """An unwritten map of another size with the batch, channels, type and memory format of ``like``.

    Shape: like (B, C, H, W) -> (B, C, height, width), dense
    """
    return torch.empty(
        (like.shape[0], like.shape[1], height, width),
        dtype=like.dtype,
        device=like.device,
        memory_format=torch.channels_last if is_channels_last(like) else torch.contiguous_format,
    )
