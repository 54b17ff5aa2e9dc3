"""Memory of feature maps: blocks that fit the CPU's cache, and memory formats."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

__all__ = ["Block", "blocks", "empty_map", "is_channels_last"]

# Values of a block on the CPU. Smaller blocks need more calls; larger ones do not fit the cache.
_SIZE = 2**18

Block = tuple[slice, slice, slice]
"""The index of a block in a map: images, all channels, rows."""


def blocks(x: Tensor) -> Iterator[Block]:
    """Cut (B, C, h, w) into blocks of about 2¹⁸ values: whole images, or rows of one image.

    On other devices than the CPU, where every call is a launch and caches are shared, the block is the whole
    map.

    >>> import torch
    >>> [(images, rows) for images, _, rows in blocks(torch.empty(2, 2**10, 4, 2**7))]
    [(slice(0, 1, None), slice(0, 2, None)), (slice(0, 1, None), slice(2, 4, None)),
     (slice(1, 2, None), slice(0, 2, None)), (slice(1, 2, None), slice(2, 4, None))]
    """
    batch, channels, height, width = x.shape
    if x.device.type != "cpu":
        yield slice(None), slice(None), slice(None)
        return
    images = max(1, _SIZE // max(1, channels * height * width))
    rows = max(1, height if images > 1 else _SIZE // max(1, channels * width))
    for image in range(0, batch, images):
        for row in range(0, height, rows):
            yield slice(image, image + images), slice(None), slice(row, row + rows)


def is_channels_last(x: Tensor) -> bool:
    """Whether neighbouring channels lie closer in memory than neighbouring pixels.

    Unlike ``is_contiguous(memory_format=...)``, this also works for slices. If both orders describe the same
    memory (one channel), it is False.
    """
    _, channel, row, column = x.stride()
    return x.shape[1] > 1 and 0 < channel < min(row, column)


def empty_map(x: Tensor, size: Sequence[int], channels: int | None = None) -> Tensor:
    """An unwritten map (B, channels or C, *size) in the type and memory format of x."""
    last = x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    memory_format = torch.channels_last if last else torch.contiguous_format
    shape = (x.shape[0], x.shape[1] if channels is None else channels)
    return torch.empty((*shape, *size), dtype=x.dtype, device=x.device, memory_format=memory_format)
