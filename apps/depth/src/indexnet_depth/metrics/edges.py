"""Metrics at depth discontinuities: agreement of predicted and true edges."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

__all__ = ["EDGE_THRESHOLD", "EDGE_WIDTH", "Edges", "edge_map", "edge_threshold", "sums"]

EDGE_THRESHOLD = 0.5
"""A pixel is an edge where the Sobel gradient of depth in metres exceeds this; a step of h metres between two
columns gives 4h. Hu et al. (Revisiting Single Image Depth Estimation, WACV 2019) use 0.25, 0.5 and 1.

A surface that recedes by more than 1/16 m per pixel counts as an edge, too, so smaller views need a higher
threshold: 0.5 at 224 pixels corresponds to 1.75 at 64."""

EDGE_WIDTH = 2
"""``edge_rmse`` is over the valid pixels within this many rows and columns of a true edge."""

Depth = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Edges(NamedTuple):
    """Counts and sums of one map."""

    hits: int
    """edge pixels of the truth that are edges of the prediction, too"""
    true: int
    """edge pixels of the truth"""
    found: int
    """edge pixels of the prediction"""
    near: int
    """valid pixels near an edge of the truth"""
    squares: float
    """of (d − g)² of those, square metres"""


def sums(pred: Depth, truth: Depth, valid: Mask, threshold: float = EDGE_THRESHOLD) -> Edges:
    """Compare the edges of a prediction with the true ones, pixel by pixel.

    Only pixels count whose 3×3 neighbours are all inside the image and valid, so that the border of the
    measured area is not an edge.

    Args:
        pred: prediction (H, W) in metres.
        truth: (H, W) in metres.
        valid: (H, W), where the truth is known.
        threshold: see `EDGE_THRESHOLD`.
    """
    # Beyond the border nothing is valid.
    inside = cv2.erode(valid.view(np.uint8), np.ones((3, 3)), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    true, found = (edge_map(depth, threshold) & (inside > 0) for depth in (truth, pred))
    side = 2 * EDGE_WIDTH + 1
    near = (cv2.dilate(true.view(np.uint8), np.ones((side, side))) > 0) & valid
    return Edges(
        hits=int((true & found).sum()),
        true=int(true.sum()),
        found=int(found.sum()),
        near=int(near.sum()),
        squares=float(np.square(pred[near] - truth[near]).sum()),
    )


def edge_threshold(size: int, given: float | None = None) -> float:
    """Return the threshold for views of this side: the given one, or `EDGE_THRESHOLD` scaled from 224 pixels.

    A pixel of a smaller view covers more of the scene, so the same slope is steeper in it.

    >>> edge_threshold(224), edge_threshold(64), edge_threshold(64, 1.0)
    (0.5, 1.75, 1.0)
    """
    return EDGE_THRESHOLD * 224 / size if given is None else given


def edge_map(depth: Depth, threshold: float = EDGE_THRESHOLD) -> Mask:
    """Return the mask where √(Sx² + Sy²) of a map in metres exceeds the threshold (S: Sobel kernels).

    >>> edge_map(np.array([[1.0, 1.0, 1.2, 1.2]] * 3))[1].tolist()  # a step of 0.2 m: 0.8
    [False, True, True, False]
    """
    smooth, slope = [1.0, 2.0, 1.0], [-1.0, 0.0, 1.0]
    across = correlate1d(correlate1d(depth, slope, 1, mode="nearest"), smooth, 0, mode="nearest")
    down = correlate1d(correlate1d(depth, slope, 0, mode="nearest"), smooth, 1, mode="nearest")
    edges: Mask = np.hypot(across, down) > threshold
    return edges
