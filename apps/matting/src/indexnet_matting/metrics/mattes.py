"""The input of all metrics: two mattes with 8 bits, and the mask of the pixels that are compared."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_matting.data.trimap import BACKGROUND, FOREGROUND, require_unknown

__all__ = ["Matte", "Mattes", "prepare"]

Matte: TypeAlias = NDArray[np.uint8 | np.float32 | np.float64]
"""(H, W), as uint8 or as floats in [0, 1]."""


class Mattes(NamedTuple):
    """A prediction and the truth, ready to be compared."""

    pred: NDArray[np.uint8]
    """(H, W), 0 and 255 where the trimap is known."""
    alpha: NDArray[np.uint8]
    """(H, W), the truth."""
    unknown: NDArray[np.bool_]
    """(H, W), the pixels that count."""


def prepare(pred: Matte, alpha: Matte, trimap: NDArray[np.uint8]) -> Mattes:
    """Prepare a prediction in the way in which the published figures are computed.

    Known pixels take the trimap's value; floats are clipped to [0, 1] and both mattes rounded to 8 bits, as
    the files are that the published code reads. Mattes that have been prepared stay as they are.

    Args:
        pred: the prediction (H, W).
        alpha: the truth (H, W).
        trimap: uint8 (H, W): 0, 255, and anything between for unknown.

    Raises:
        UserError: the shapes differ, a value is not finite, or nothing is unknown.
        ValueError: an array is of another type.

    >>> pred = np.float32([[0.2, 0.2, 0.2]])
    >>> prepare(pred, pred, np.uint8([[0, 128, 255]])).pred.tolist()
    [[0, 51, 255]]
    """
    if not pred.shape == alpha.shape == trimap.shape or pred.ndim != 2:
        shapes = f"{pred.shape}, {alpha.shape} and {trimap.shape}"
        raise UserError(f"prediction, alpha and trimap must have one shape (H, W), got {shapes}")
    if trimap.dtype != np.uint8:
        raise ValueError(f"expected a trimap of uint8, got {trimap.dtype}")
    require_unknown(trimap, "trimap")
    known_background, known_foreground = trimap == BACKGROUND, trimap == FOREGROUND
    filled = _eight_bits(pred, "prediction")
    filled[known_background] = 0
    filled[known_foreground] = 255
    return Mattes(filled, _eight_bits(alpha, "alpha"), ~(known_background | known_foreground))


def _eight_bits(matte: Matte, name: str) -> NDArray[np.uint8]:
    """Return a copy as uint8."""
    if matte.dtype == np.uint8:
        return matte.astype(np.uint8)
    if matte.dtype.kind != "f":
        raise ValueError(f"expected {name} as uint8 or as floats in [0, 1], got {matte.dtype}")
    if not np.isfinite(matte).all():
        raise UserError(f"{name} holds values that are not finite")
    return np.rint(matte.clip(0, 1) * 255).astype(np.uint8)
