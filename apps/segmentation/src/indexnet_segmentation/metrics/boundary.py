"""How well boundaries are met: boundary IoU (Cheng et al., 2021) and the boundary F1 measure of SegNet."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, minimum_filter

from indexnet_segmentation.data.classes import IGNORE

__all__ = ["TOLERANCE", "BoundaryCounts", "boundary_f1", "boundary_iou_counts"]

TOLERANCE = 0.0075
"""How near counts as met, as a fraction of the image's diagonal: SegNet's value [3]."""

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
        """Boundary IoU of each class (C,); not-a-number for a class without boundaries."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.intersection / self.union)


def boundary_iou_counts(
    pred: NDArray[np.integer], label: NDArray[np.integer], classes: int, tolerance: float = TOLERANCE
) -> BoundaryCounts:
    """Count, class by class, the pixels of boundary bands that agree.

    The band of a class is what of it lies within d pixels (in the larger of the two directions) of its edge,
    the edge of the image included: what d erosions by 3×3 take away, as in the reference code. Pixels
    without a class are left out of both maps, and are no edge.

    Args:
        pred: class numbers (H, W).
        label: true class numbers (H, W), or `IGNORE`.
        classes: number of classes.
        tolerance: d as a fraction of the diagonal; at least one pixel.
    """
    unknown = label == IGNORE
    width = max(1, round(tolerance * math.hypot(*label.shape)))
    intersection, union = np.zeros((2, classes), np.int64)
    for number in _present(pred, label):
        bands = [_band((part == number) & ~unknown, unknown, width) for part in (pred, label)]
        intersection[number] = np.count_nonzero(bands[0] & bands[1])
        union[number] = np.count_nonzero(bands[0] | bands[1])
    return BoundaryCounts(intersection, union)


def boundary_f1(pred: NDArray[np.integer], label: NDArray[np.integer], tolerance: float = TOLERANCE) -> float:
    """The boundary F1 measure (BF) of one image, in [0, 1]; SegNet averages it over the images [3].

    For each class in the label: the share of predicted boundary pixels that lie within the tolerance of a
    true one (precision), the share of true ones that lie so near a predicted one (recall), and F1 of the two.
    The image's value is the mean over those classes. A boundary pixel touches, by a side, a pixel of another
    class; neither the image's edge nor pixels without a class make one.

    Args:
        pred: class numbers (H, W).
        label: true class numbers (H, W), or `IGNORE`.
        tolerance: Euclidean distance as a fraction of the diagonal.

    Returns:
        Not-a-number if no class of the label has a boundary.
    """
    unknown = label == IGNORE
    reach = tolerance * math.hypot(*label.shape)
    values = []
    for number in np.unique(label[~unknown]).tolist():
        found, true = (_contour((part == number) & ~unknown, unknown) for part in (pred, label))
        if not true.any():
            continue
        if not found.any():
            values.append(0.0)
            continue
        precision, recall = _share_near(found, true, reach), _share_near(true, found, reach)
        values.append(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
    return float(np.mean(values)) if values else math.nan


def _present(pred: NDArray[np.integer], label: NDArray[np.integer]) -> list[int]:
    known = label != IGNORE
    numbers: list[int] = np.union1d(pred[known], label[known]).tolist()
    return numbers


def _band(mask: Mask, unknown: Mask, width: int) -> Mask:
    """What of a mask is within ``width`` pixels of its edge."""
    eroded = minimum_filter(mask | unknown, size=2 * width + 1, mode="constant", cval=0)
    return mask & ~eroded


def _contour(mask: Mask, unknown: Mask) -> Mask:
    """The pixels of a mask that have a known pixel outside of it above, below, left or right."""
    outside = np.pad(~mask & ~unknown, 1)
    return mask & (outside[:-2, 1:-1] | outside[2:, 1:-1] | outside[1:-1, :-2] | outside[1:-1, 2:])


def _share_near(points: Mask, others: Mask, reach: float) -> float:
    """Share of points that have one of the others within reach."""
    distance = distance_transform_edt(~others)
    return float(np.mean(distance[points] <= reach))
