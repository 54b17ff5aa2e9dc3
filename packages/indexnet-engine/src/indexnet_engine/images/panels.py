"""Pictures to look at: bytes, and several side by side."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["GAP", "one_below_another", "side_by_side", "to_bytes", "width_at"]

GAP = 4
"""White pixels between pictures."""


def to_bytes(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W), (H, W, 1) or (H, W, 3) in [0, 1] -> uint8 (H, W, 3); values beyond the range are clipped."""
    planes = picture[..., None] if picture.ndim == 2 else picture
    values = np.rint(255 * planes.clip(0, 1)).astype(np.uint8)
    return np.broadcast_to(values, (*values.shape[:2], 3))


def side_by_side(pictures: Sequence[NDArray[np.uint8]], height: int) -> NDArray[np.uint8]:
    """Scale pictures (H, W, 3) to one height and put them beside each other, with white between.

    Smaller ones are enlarged without smoothing, so that single pixels are seen.

    >>> side_by_side([np.zeros((20, 30, 3), np.uint8), np.zeros((40, 20, 3), np.uint8)], 10).shape
    (10, 24, 3)
    """
    gap = np.full((height, GAP, 3), 255, dtype=np.uint8)
    pieces = [piece for picture in pictures for piece in (gap, _scaled(picture, height))]
    return np.concatenate(pieces[1:], axis=1)


def one_below_another(rows: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Put pictures (H, W, 3) below each other, with white between and to the right of narrower ones.

    >>> one_below_another([np.zeros((10, 30, 3), np.uint8), np.zeros((10, 20, 3), np.uint8)]).shape
    (28, 30, 3)
    """
    width = max(row.shape[1] for row in rows)
    gap = np.full((2 * GAP, width, 3), 255, dtype=np.uint8)
    padding = [((0, 0), (0, width - row.shape[1]), (0, 0)) for row in rows]
    padded = [np.pad(row, pad, constant_values=255) for row, pad in zip(rows, padding)]
    return np.concatenate([piece for row in padded for piece in (gap, row)][1:])


def width_at(picture: NDArray[np.generic], height: int) -> int:
    """Give the width of a picture (H, W) or (H, W, channels) that is scaled to a height."""
    return max(1, round(picture.shape[1] * height / picture.shape[0]))


def _scaled(picture: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    width = width_at(picture, height)
    if picture.shape[:2] == (height, width):
        return picture
    method = Image.Resampling.NEAREST if height > picture.shape[0] else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(picture).resize((width, height), method))
