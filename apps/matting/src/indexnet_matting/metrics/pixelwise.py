"""Pixelwise errors: SAD and MSE."""

import numpy as np
from numpy.typing import NDArray

from indexnet_matting.metrics.mattes import Matte, prepare

__all__ = ["mse", "sad"]


def sad(pred: Matte, alpha: Matte, trimap: NDArray[np.uint8]) -> float:
    """Sum of absolute differences over the unknown pixels, in thousands.

    Arguments as for `indexnet_matting.metrics.measure`.

    >>> alpha, trimap = np.zeros((100, 100)), np.full((100, 100), 128, np.uint8)
    >>> sad(alpha + 0.2, alpha, trimap)  # 10,000 pixels, each off by 0.2
    2.0
    """
    return float(np.abs(_differences(pred, alpha, trimap)).sum() / 255 / 1000)


def mse(pred: Matte, alpha: Matte, trimap: NDArray[np.uint8]) -> float:
    """Return the mean squared difference over the unknown pixels, alpha in [0, 1].

    Arguments as for `indexnet_matting.metrics.measure`.

    >>> alpha, trimap = np.zeros((100, 100)), np.full((100, 100), 128, np.uint8)
    >>> round(mse(alpha + 0.2, alpha, trimap), 12)
    0.04
    """
    return float(np.square(_differences(pred, alpha, trimap)).mean() / 255**2)


def _differences(pred: Matte, alpha: Matte, trimap: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the differences of the unknown pixels (N,), on the 8-bit scale: sums of integers are exact."""
    mattes = prepare(pred, alpha, trimap)
    return mattes.pred[mattes.unknown].astype(np.int64) - mattes.alpha[mattes.unknown]
