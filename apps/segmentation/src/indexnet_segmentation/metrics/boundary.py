"""Accuracy at boundaries: boundary IoU (Cheng et al., 2021) and the boundary F1 measure of SegNet."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter
from scipy.spatial import cKDTree

from indexnet_segmentation.data.classes import IGNORE

__all__ = ["TOLERANCE", "BoundaryCounts", "boundary_f1", "boundary_iou_counts"]

TOLERANCE = 0.0075
"""Distance up to which boundary pixels match, as a fraction of the image's diagonal: SegNet's value [3]."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class BoundaryCounts:
    """Pixels near the boundaries of each class, summed over images by ``+``.

    Attributes:
        intersection: int64 (C,), where prediction and label agree.
        union: int64 (C,), where either has the class.
    """

    intersection: NDArray[np.int64]
    union: NDArray[np.int64]

    def __add__(self, other: "BoundaryCounts") -> "BoundaryCounts":
        return BoundaryCounts(self.intersection + other.intersection, self.union + other.union)

    def iou(self) -> NDArray[np.float64]:
        """Return the boundary IoU of each class (C,); not-a-number for a class without boundaries."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.intersection / self.union)


def boundary_iou_counts(
    pred: NDArray[np.integer], label: NDArray[np.integer], classes: int, tolerance: float = TOLERANCE
) -> BoundaryCounts:
    """Count, class by class, the pixels of boundary bands that agree.

    The band of a class consists of its pixels within d pixels (Chebyshev distance) of its edge, the edge of
    the image included: those that d erosions by 3×3 remove, as in the reference code. Pixels without a class
    are ignored in both maps and form no edge.

    Args:
        pred: class numbers (H, W).
        label: true class numbers (H, W), or `IGNORE`.
        classes: number of classes.
        tolerance: d as a fraction of the diagonal; at least one pixel.
    """
    known = label != IGNORE
    width = max(1, round(tolerance * math.hypot(*label.shape)))
    found, true = (np.where(known & _near_edge(part, known, width), part, IGNORE) for part in (pred, label))
    sizes = [np.bincount(part[part != IGNORE], minlength=classes) for part in (found, true)]
    intersection = np.bincount(true[(found == true) & (true != IGNORE)], minlength=classes)
    return BoundaryCounts(intersection, sizes[0] + sizes[1] - intersection)


def boundary_f1(pred: NDArray[np.integer], label: NDArray[np.integer], tolerance: float = TOLERANCE) -> float:
    """Return the boundary F1 measure (BF) of one image, in [0, 1]; SegNet averages it over the images [3].

    For each class in the label: the share of predicted boundary pixels that lie within the tolerance of a
    true one (precision), the share of true ones that lie as near to a predicted one (recall), and F1 of the
    two. The image's value is the mean over those classes. A boundary pixel touches, by a side, a pixel of
    another class; neither the image's edge nor pixels without a class form one.

    Args:
        pred: class numbers (H, W).
        label: true class numbers (H, W), or `IGNORE`.
        tolerance: Euclidean distance as a fraction of the diagonal.

    Returns:
        Not-a-number if no class of the label has a boundary.
    """
    known = label != IGNORE
    reach = tolerance * math.hypot(*label.shape)
    contours = [_contour(part, known) for part in (pred, label)]
    values = []
    for number in np.unique(contours[1][1]).tolist():
        found, true = (places[numbers == number] for places, numbers in contours)
        if not len(found):
            values.append(0.0)
            continue
        precision, recall = _share_near(found, true, reach), _share_near(true, found, reach)
        values.append(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
    return float(np.mean(values)) if values else math.nan


def _near_edge(part: NDArray[np.integer], known: Mask, width: int) -> Mask:
    """Return the mask of pixels within ``width`` pixels, in both directions, of another class or the border.

    All classes at once: a window holds another class where its largest or smallest number differs.
    """
    size, beyond = 2 * width + 1, np.iinfo(np.int16).max
    largest = maximum_filter(np.where(known, part, -1).astype(np.int16), size, mode="constant", cval=beyond)
    smallest = minimum_filter(
        np.where(known, part, beyond).astype(np.int16), size, mode="constant", cval=beyond
    )
    return (largest > part) | (smallest < part)


def _contour(part: NDArray[np.integer], known: Mask) -> tuple[NDArray[np.intp], NDArray[np.integer]]:
    """Return coordinates (n, 2) and classes (n,) of pixels with another class on any of their four sides.

    Only known pixels count.
    """
    edge = np.zeros(part.shape, bool)
    for axis in (0, 1):
        numbers, there = np.moveaxis(part, axis, 0), np.moveaxis(known, axis, 0)
        differ = (numbers[1:] != numbers[:-1]) & there[1:] & there[:-1]
        along = np.moveaxis(edge, axis, 0)
        along[1:] |= differ
        along[:-1] |= differ
    return np.argwhere(edge), part[edge]


def _share_near(points: NDArray[np.intp], others: NDArray[np.intp], reach: float) -> float:
    """Return the share of points (n, 2) that have one of the others (m, 2) within ``reach``."""
    # The search ends at the bound, which is exclusive; farther distances are infinite.
    distance, _ = cKDTree(others).query(points, distance_upper_bound=reach + 1)
    return float(np.mean(distance <= reach))
