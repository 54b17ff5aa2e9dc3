"""Panels: image | trimap | alpha | ground truth | composite."""

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.images.panels import side_by_side, to_bytes
from indexnet_matting.data.crop import composite

__all__ = ["INDEX_HEIGHT", "matting_panel"]

INDEX_HEIGHT = 240
"""Height of a row of index maps, in pixels."""

BACKDROP = (0.0, 0.69, 0.25)
"""Studio green, which shows remains of the old background."""


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
        alpha: prediction (H, W) in [0, 1].
        truth: ground truth (H, W) in [0, 1].
        over: the foreground over another background (H, W, 3). By default the image itself, weighted by
            alpha, over `BACKDROP`: a quick look without an estimate of the foreground's colours.
        height: height of the panel in pixels.

    Returns:
        uint8 (height, width, 3).
    """
    if over is None:
        backdrop = np.broadcast_to(np.array(BACKDROP, dtype=np.float32), image.shape)
        over = composite(image, alpha, backdrop)
    gray = [trimap.astype(np.float32) / np.float32(255), alpha, *([] if truth is None else [truth])]
    pictures: list[NDArray[np.float32]] = [image, *gray, over]
    return side_by_side([to_bytes(picture) for picture in pictures], height)
