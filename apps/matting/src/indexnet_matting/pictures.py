"""Panels to look at: image | trimap | alpha | ground truth | composite."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexnet_matting.data.composite import composite

__all__ = ["matting_panel", "side_by_side", "to_bytes"]

BACKDROP = (0.0, 0.69, 0.25)
"""The green of a film studio: what is left of an old background is seen at once."""

_GAP = 4


def matting_panel(
    image: NDArray[np.float32],
    trimap: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    truth: NDArray[np.float32] | None = None,
    over: NDArray[np.float32] | None = None,
    *,
    height: int = 320,
) -> NDArray[np.uint8]:
    """Draw image | trimap | alpha | ground truth, where there is one | composite.

    Args:
        image: (H, W, 3) in [0, 1].
        trimap: (H, W), 0, 128 or 255.
        alpha: estimate (H, W) in [0, 1].
        truth: ground truth (H, W) in [0, 1].
        over: the foreground over another background (H, W, 3). By default the image itself, weighted by
            alpha, over `BACKDROP`: a quick look without an estimate of the foreground's colours.
        height: of the panel in pixels.

    Returns:
        uint8 (height, width, 3).
    """
    if over is None:
        backdrop = np.broadcast_to(np.array(BACKDROP, dtype=np.float32), image.shape)
        over = composite(image, alpha, backdrop)
    gray = [trimap.astype(np.float32) / np.float32(255), alpha, *([] if truth is None else [truth])]
    pictures: list[NDArray[np.float32]] = [image, *gray, over]
    return side_by_side([to_bytes(picture) for picture in pictures], height)


def side_by_side(pictures: Sequence[NDArray[np.uint8]], height: int) -> NDArray[np.uint8]:
    """Scale pictures (H, W, 3) to one height and put them beside each other, with white between.

    Smaller ones are enlarged without smoothing, so that single pixels are seen.

    >>> side_by_side([np.zeros((20, 30, 3), np.uint8), np.zeros((40, 20, 3), np.uint8)], 10).shape
    (10, 24, 3)
    """
    gap = np.full((height, _GAP, 3), 255, dtype=np.uint8)
    pieces = [piece for picture in pictures for piece in (gap, _scaled(picture, height))]
    return np.concatenate(pieces[1:], axis=1)


def to_bytes(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W), (H, W, 1) or (H, W, 3) in [0, 1] -> uint8 (H, W, 3)."""
    planes = picture[..., None] if picture.ndim == 2 else picture
    values = np.rint(255 * planes.clip(0, 1)).astype(np.uint8)
    return np.broadcast_to(values, (*values.shape[:2], 3))


def _scaled(picture: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    if picture.shape[:2] == (height, width):
        return picture
    method = Image.Resampling.NEAREST if height > picture.shape[0] else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(picture).resize((width, height), method))
