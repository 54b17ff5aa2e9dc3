"""Pixelwise errors where the true depth is known."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError

__all__ = ["MIN_DEPTH", "THRESHOLD", "Pixels", "prepare", "sums"]

MIN_DEPTH = 1e-3
"""Metres. Predictions below this count as this, since ratios and logarithms need positive numbers."""

THRESHOLD = 1.25
"""δ1 is the share of pixels whose ratio is below this, δ2 and δ3 below its square and its cube."""

Depth = NDArray[np.float32 | np.float64]


class Pixels(NamedTuple):
    """Sums over the valid pixels of a map."""

    number: int
    squares: float
    """of (d − g)², square metres"""
    relative: float
    """of |d − g| / g"""
    logs: float
    """of |log10 d − log10 g|"""
    within: tuple[int, int, int]
    """numbers of pixels with max(d/g, g/d) < 1.25, 1.25², 1.25³"""


def prepare(pred: Depth, depth: Depth) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return prediction and truth (H, W) in float64 metres, and where the truth is valid.

    Raises:
        UserError: the shapes differ, nothing is valid, or the prediction is not finite there.
    """
    if pred.shape != depth.shape or pred.ndim != 2:
        shapes = f"{pred.shape} and {depth.shape}"
        raise UserError(f"prediction and depth must have one shape (H, W), got {shapes}")
    valid = np.isfinite(depth) & (depth > 0)
    if not valid.any():
        raise UserError("no pixel with a valid depth: there is nothing to measure")
    if not np.isfinite(pred[valid]).all():
        raise UserError("the prediction holds values that are not finite")
    # Invalid pixels are never used; a number in their place avoids warnings.
    truth = np.where(valid, depth, 1.0).astype(np.float64)
    return np.where(valid, pred, 1.0).astype(np.float64).clip(MIN_DEPTH), truth, valid


def sums(pred: NDArray[np.float64], truth: NDArray[np.float64], valid: NDArray[np.bool_]) -> Pixels:
    """Add up the errors of the valid pixels that `prepare` returned."""
    d, g = pred[valid], truth[valid]
    difference = np.abs(d - g)
    ratio = np.maximum(d / g, g / d)
    return Pixels(
        number=d.size,
        squares=float(np.square(difference).sum()),
        relative=float((difference / g).sum()),
        logs=float(np.abs(np.log10(d) - np.log10(g)).sum()),
        within=tuple(int((ratio < THRESHOLD**power).sum()) for power in (1, 2, 3)),  # type: ignore[arg-type]
    )
