"""Spots: places that the denoiser has left noisy."""

import numpy as np
from numpy.typing import NDArray

BLOCK = 16
"""Side of a block in pixels."""
LIMIT = 0.7
"""A block is a spot if more than this part of the noise is left in it."""


def spots(clean: NDArray[np.float64], noisy: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the share of spots among the blocks of 16×16 pixels, in [0, 1]; 0 is best.

    A spot is a block in which the RMSE of the prediction is more than 0.7 times that of the noisy image. The
    mean error of a whole image hides a few such blocks, the eye does not. The blocks do not overlap and begin
    at the top left; up to 15 rows and columns at the bottom and on the right are left out. Not a number for
    an image without a whole block.

    Fine texture that is weaker than the noise is lost with it, and counts as well; see the README.

    Args:
        clean: (H, W) or (H, W, C) in [0, 1]; the RMSE of a block is over its channels, too.
        noisy: likewise, as the denoiser got it.
        prediction: likewise.

    >>> clean, noisy = np.zeros((32, 40)), np.full((32, 40), 0.1)
    >>> prediction = np.zeros((32, 40))
    >>> prediction[:16, :16] = 0.08
    >>> spots(clean, noisy, prediction)
    0.25
    """
    before, after = _block_errors(noisy - clean), _block_errors(prediction - clean)
    return float((after > LIMIT**2 * before).mean()) if after.size else float("nan")


def _block_errors(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squared error of each whole block (H // 16, W // 16)."""
    squares = np.square(np.atleast_3d(difference)).sum(2)
    rows, columns = (side // BLOCK for side in squares.shape)
    whole = squares[: rows * BLOCK, : columns * BLOCK]
    return whole.reshape(rows, BLOCK, columns, BLOCK).sum((1, 3))
