"""The gradient error: do edges have the right position and sharpness?"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

from indexnet_matting.metrics.mattes import Matte, prepare

__all__ = ["gradient_error"]

SIGMA = 1.4
"""Standard deviation of the Gaussian, in pixels."""

CUT = 0.01
"""The kernel ends where the Gaussian's density falls below this."""


def gradient_error(pred: Matte, alpha: Matte, trimap: NDArray[np.uint8]) -> float:
    """Sum of squared differences of gradient magnitudes over the unknown pixels, in thousands.

    Both mattes are stretched to [0, 1] first, by the extremes of the whole image, and then convolved with
    first-order derivatives of a Gaussian (σ = 1.4, 9×9, of unit L2 norm), borders replicated. As published
    with the alphamatting.com benchmark (Rhemann et al., CVPR 2009).

    Arguments as for `indexnet_matting.metrics.measure`.
    """
    mattes = prepare(pred, alpha, trimap)
    difference = gradient_magnitude(mattes.pred) - gradient_magnitude(mattes.alpha)
    return float(np.square(difference[mattes.unknown]).sum() / 1000)


def gradient_magnitude(matte: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return |∇| of a matte that is stretched to [0, 1]; zero everywhere for a constant one.

    Shape:
        matte (H, W) -> (H, W)
    """
    low, high = float(matte.min()), float(matte.max())
    if low == high:
        return np.zeros(matte.shape)
    stretched = (matte - low) / (high - low)
    smooth, slope = kernels()
    down = convolve1d(convolve1d(stretched, slope, axis=0, mode="nearest"), smooth, axis=1, mode="nearest")
    right = convolve1d(convolve1d(stretched, smooth, axis=0, mode="nearest"), slope, axis=1, mode="nearest")
    np.square(down, out=down)
    down += np.square(right, out=right)
    return np.asarray(np.sqrt(down, out=down))


@cache
def kernels() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the Gaussian and its derivative, (9,) each; they and their outer product have unit L2 norm."""
    half = math.ceil(SIGMA * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * SIGMA * CUT)))
    positions = np.arange(-half, half + 1)
    smooth = np.exp(-(positions**2) / (2 * SIGMA**2))
    slope = -positions * smooth
    return smooth / np.linalg.norm(smooth), slope / np.linalg.norm(slope)
