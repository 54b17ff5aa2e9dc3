"""Feature maps cut into blocks that fit the processor's cache."""

from collections.abc import Iterator

from torch import Tensor

__all__ = ["Block", "blocks"]

# Values of the map that is cut: fewer cost calls, more leave the cache and take memory.
_SIZE = 2**18

Block = tuple[slice, slice, slice]
"""Images, all channels, and rows: an index of a map."""


def blocks(x: Tensor) -> Iterator[Block]:
    """Cut (B, C, h, w) into whole images, or rows of one image, of about 2¹⁸ values.

    >>> import torch
    >>> [(images, rows) for images, _, rows in blocks(torch.empty(2, 2**10, 4, 2**7))]
    [(slice(0, 1, None), slice(0, 2, None)), (slice(0, 1, None), slice(2, 4, None)),
     (slice(1, 2, None), slice(0, 2, None)), (slice(1, 2, None), slice(2, 4, None))]
    """
    batch, channels, height, width = x.shape
    images = max(1, _SIZE // max(1, channels * height * width))
    rows = max(1, height if images > 1 else _SIZE // max(1, channels * width))
    for image in range(0, batch, images):
        for row in range(0, height, rows):
            yield slice(image, image + images), slice(None), slice(row, row + rows)
