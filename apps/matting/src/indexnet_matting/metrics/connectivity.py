"""The connectivity error: are parts of the matte cut off from the object that should be connected?"""

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_matting.metrics.mattes import Matte, prepare

__all__ = ["connectivity_error"]

STEPS = 10
"""Thresholds 1/10, 2/10, …, 1."""

TOLERANCE = 0.15
"""Alpha may exceed the level of its connection by this much without penalty."""


def connectivity_error(pred: Matte, alpha: Matte, trimap: NDArray[np.uint8]) -> float:
    """Sum of absolute differences of connectedness over the unknown pixels, in thousands.

    With l the level up to which a pixel is connected to the object (`connected_levels`) and d = α − l, its
    connectedness is φ = 1 − d where d ≥ 0.15, and 1 elsewhere. As published with the alphamatting.com
    benchmark (Rhemann et al., CVPR 2009).

    Arguments as for `indexnet_matting.metrics.measure`.
    """
    mattes = prepare(pred, alpha, trimap)
    levels = connected_levels(np.minimum(mattes.pred, mattes.alpha))[mattes.unknown] / STEPS
    difference = _connectedness(mattes.pred[mattes.unknown], levels) - _connectedness(
        mattes.alpha[mattes.unknown], levels
    )
    return float(np.abs(difference).sum() / 1000)


def connected_levels(common: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the last threshold, in tenths, before a pixel leaves the object for the first time.

    At each threshold the object is the largest 4-connected part of all pixels that reach it; among equally
    large parts, the first in reading order.

    Args:
        common: (H, W), the lesser of prediction and truth, which reaches a threshold where both do.

    Returns:
        uint8 (H, W): 0 for pixels that never belong to the object, 10 for those that do up to threshold 1.

    >>> connected_levels(np.uint8([[255, 255, 140, 10, 255]])).tolist()
    [[10, 10, 5, 0, 0]]
    """
    levels = np.zeros(common.shape, np.uint8)
    inside = np.ones(common.shape, bool)
    for step in range(1, STEPS + 1):
        threshold = -(-255 * step // STEPS)  # in integers: 0.6 as a float is not 153 / 255
        inside &= _largest_part(common >= threshold)
        if not inside.any():
            break
        levels[inside] = step
    return levels


def _largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    number, found = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    parts = np.asarray(found, np.int32)
    if number < 3:  # label 0 is the outside of the mask
        return mask
    # Counting all parts takes longer than finding them, and usually one holds more than half of the mask.
    common = parts == 1 + _sizes(parts[::16, ::16], number).argmax()
    if 2 * np.count_nonzero(common) > np.count_nonzero(mask):
        return common
    sizes = _sizes(parts, number)
    largest = 1 + np.flatnonzero(sizes == sizes.max())
    # OpenCV does not define the order in which it numbers parts.
    first = largest[0] if len(largest) == 1 else parts.ravel()[np.isin(parts, largest).argmax()]
    return parts == first


def _sizes(parts: NDArray[np.int32], number: int) -> NDArray[np.int64]:
    """Return the pixel count of each part, (number - 1,), without the outside of the mask."""
    return np.bincount(parts.ravel(), minlength=number)[1:]


def _connectedness(matte: NDArray[np.uint8], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    excess = matte / 255 - levels  # safe in floats: no 8-bit value exceeds a level by exactly 0.15
    return 1 - np.where(excess >= TOLERANCE, excess, 0)
