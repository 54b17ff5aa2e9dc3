"""The four measures of image matting, as published: SAD, MSE, Grad and Conn."""

import numpy as np
from numpy.typing import NDArray

from indexnet_matting.metrics.connectivity import connectivity_error
from indexnet_matting.metrics.gradient import gradient_error
from indexnet_matting.metrics.mattes import Matte, prepare
from indexnet_matting.metrics.pixelwise import mse, sad

__all__ = ["DIGITS", "connectivity_error", "gradient_error", "measure", "mse", "sad"]

DIGITS = {"sad": 2, "grad": 2, "conn": 2}
"""Decimals in tables, where they are not four."""


def measure(pred: Matte, alpha: Matte, trimap: NDArray[np.uint8]) -> dict[str, float]:
    """Measure one matte: ``sad``, ``mse``, ``grad`` and ``conn``; lower is better.

    Known pixels of the estimate take the trimap's value, mattes are rounded to 8 bits, and only unknown
    pixels count. All but the mean squared error are sums in thousands, so larger images have larger ones.

    Args:
        pred: the estimate (H, W), uint8 or floats in [0, 1] (what lies beyond is clipped).
        alpha: the truth (H, W), likewise.
        trimap: uint8 (H, W): 0, 255, and anything between for unknown.

    Raises:
        UserError: the shapes differ, a value is not finite, or nothing is unknown.
    """
    pred, alpha, _ = prepare(pred, alpha, trimap)  # the long part of it, once for all
    return {
        "sad": sad(pred, alpha, trimap),
        "mse": mse(pred, alpha, trimap),
        "grad": gradient_error(pred, alpha, trimap),
        "conn": connectivity_error(pred, alpha, trimap),
    }
