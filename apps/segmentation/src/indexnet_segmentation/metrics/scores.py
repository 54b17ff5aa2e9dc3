"""All measures of a set of images, from sums over the whole set."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.reports.metric_tables import Metric
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.metrics.boundary import (
    TOLERANCE,
    BoundaryCounts,
    boundary_f1,
    boundary_iou_counts,
)
from indexnet_segmentation.metrics.confusion import (
    class_accuracy,
    confusion_matrix,
    intersection_over_union,
    pixel_accuracy,
)

__all__ = ["BOUNDARY_METRICS", "METRICS", "REGION_METRICS", "Scores"]


class Scores:
    """Collects images one by one and computes the `METRICS` of all of them.

    All but boundary F1 come from integers that are summed over the whole set, so they do not depend on the
    order or on batches; boundary F1 is a mean over images.

    Args:
        classes: names of the classes.
        tolerance: tolerance of the boundary measures, as a fraction of the image's diagonal; None omits them.

    Attributes:
        matrix: int64 (C, C), see `confusion_matrix`.
        images: number of images.
        boundaries: counts near the boundaries of each class, see `boundary_iou_counts`.
        f1: boundary F1 of each image.

    >>> scores = Scores(Classes(("ground", "thing"), ((0, 0, 0), (255, 0, 0))))
    >>> label = np.eye(8, dtype=np.int64)
    >>> scores.add(label, label)
    >>> scores.summary()["miou"]
    1.0
    """

    def __init__(self, classes: Classes, tolerance: float | None = TOLERANCE) -> None:
        self.classes = classes
        self.tolerance = tolerance
        self.images = 0
        self.matrix = np.zeros((classes.count, classes.count), np.int64)
        self.boundaries = BoundaryCounts(*np.zeros((2, classes.count), np.int64))
        self.f1: list[float] = []

    def add(self, pred: NDArray[np.integer], label: NDArray[np.integer]) -> None:
        """Add an image.

        Args:
            pred: class numbers (H, W).
            label: true class numbers (H, W), or `IGNORE`.

        Raises:
            ValueError: the shapes differ, or a number is not a class.
        """
        self.matrix = self.matrix + confusion_matrix(pred, label, self.classes.count)
        self.images += 1
        if self.tolerance is not None:
            counts = boundary_iou_counts(pred, label, self.classes.count, self.tolerance)
            self.boundaries = self.boundaries + counts
            self.f1.append(boundary_f1(pred, label, self.tolerance))

    def summary(self) -> dict[str, float]:
        """Return the measures of the whole set; not-a-number where nothing could be measured."""
        metrics = REGION_METRICS if self.tolerance is None else METRICS
        return {name: metric.function(self) for name, metric in metrics.items()}

    def by_class(self) -> dict[str, dict[str, float]]:
        """Return class -> ``iou``, ``accuracy``, ``boundary_iou``, and ``share`` of the labelled pixels."""
        total = max(1, int(self.matrix.sum()))
        columns: Mapping[str, NDArray[np.float64]] = {
            "iou": intersection_over_union(self.matrix),
            "accuracy": class_accuracy(self.matrix),
            "boundary_iou": self.boundaries.iou(),
            "share": self.matrix.sum(1) / total,
        }
        return {
            name: {key: float(column[number]) for key, column in columns.items()}
            for number, name in enumerate(self.classes.names)
        }


def _mean(values: NDArray[np.float64]) -> float:
    """Return the mean over the values that are numbers."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


REGION_METRICS: dict[str, Metric] = {
    "miou": Metric(lambda scores: _mean(intersection_over_union(scores.matrix))),
    "pixel_accuracy": Metric(lambda scores: pixel_accuracy(scores.matrix)),
    "class_accuracy": Metric(lambda scores: _mean(class_accuracy(scores.matrix))),
}
"""Name -> function of `Scores`.

``miou`` is the mean over the classes that occur in the labels or in the predictions, ``pixel_accuracy`` the
share of all pixels with the right class, ``class_accuracy`` the mean over the classes in the labels of the
share of their pixels that is predicted correctly.
"""

BOUNDARY_METRICS: dict[str, Metric] = {
    "boundary_iou": Metric(lambda scores: _mean(scores.boundaries.iou())),
    "boundary_f1": Metric(lambda scores: _mean(np.array(scores.f1))),
}
"""Likewise, computed where `Scores` has a tolerance: the mean over classes of the IoU of boundary bands, and
SegNet's boundary F1, the mean over images."""

METRICS = REGION_METRICS | BOUNDARY_METRICS
"""All metrics, in the order in which they are printed."""
