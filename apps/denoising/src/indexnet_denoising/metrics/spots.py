"""Spots: places that look as if they had not been denoised."""

import numpy as np
from numpy.typing import NDArray

BLOCK = 16
"""Side of a block in pixels."""
LIMIT = 0.7
"""A block in which more than this part of the noise is left may be a spot."""


def spots(clean: NDArray[np.float64], noisy: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the share of spots among the blocks of 16×16 pixels, in [0, 1]; 0 is best.

    A spot is a block in which the RMSE of the prediction is more than 0.7 times that of the noisy image, and
    more than that of a single tone, the mean of the clean block. The mean error of a whole image hides a few
    such blocks, the eye does not. Without the second condition, texture as strong as the noise would count,
    which no denoiser restores and in which noise is hardly visible.

    The blocks do not overlap and begin at the top left; up to 15 rows and columns at the bottom and on the
    right are left out. Blocks of a smaller image are as high or wide as the image.

    Args:
        clean: (H, W) or (H, W, C) in [0, 1]; errors and means of a block are over all channels and of each
            channel.
        noisy: likewise, as the denoiser got it.
        prediction: likewise.

    >>> clean, noisy = np.zeros((32, 40)), np.full((32, 40), 0.1)
    >>> prediction = np.zeros((32, 40))
    >>> prediction[:16, :16] = 0.08
    >>> spots(clean, noisy, prediction)
    0.25
    """
    blocks = _blocks(clean)
    errors = np.square(_blocks(prediction) - blocks).sum((1, 3, 4))
    noise = np.square(_blocks(noisy) - blocks).sum((1, 3, 4))
    texture = np.square(blocks - blocks.mean((1, 3), keepdims=True)).sum((1, 3, 4))
    spot = (noise > 0) & (errors > LIMIT**2 * noise) & (errors > texture)
    return float(spot.mean())


def _blocks(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """View the blocks of an image as (rows, height, columns, width, C)."""
    image = np.atleast_3d(image)
    height, width = (min(side, BLOCK) for side in image.shape[:2])
    rows, columns = image.shape[0] // height, image.shape[1] // width
    return image[: rows * height, : columns * width].reshape(rows, height, columns, width, image.shape[2])
