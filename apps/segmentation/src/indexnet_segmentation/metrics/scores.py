"""All measures of a set of images, from sums over the whole set."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

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

__all__ = ["Scores"]


class Scores:
    """Collects images one by one and gives the measures of all of them.

    |                    |                                                                                  |
    |--------------------|----------------------------------------------------------------------------------|
    | ``miou``           | mean IoU over the classes that occur, in the labels or in the predictions        |
    | ``pixel_accuracy`` | share of all pixels with the right class                                         |
    | ``class_accuracy`` | mean over the classes in the labels of the share of their pixels that were found |
    | ``boundary_iou``   | IoU of the boundary bands, mean over classes; see `boundary_iou_counts`          |
    | ``boundary_f1``    | SegNet's boundary F1, mean over images; see `boundary_f1`                        |

    All but the last come from integers that are summed over the whole set: they do not depend on its order or
    on batches, and the last is a mean over images.

    Args:
        classes: names of the classes.
        tolerance: of the boundary measures, as a fraction of the image's diagonal; None leaves them out.

    Attributes:
        matrix: int64 (C, C), see `confusion_matrix`.
        images: number of images.

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
        self._boundaries = BoundaryCounts(*np.zeros((2, classes.count), np.int64))
        self._f1: list[float] = []

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
            self._boundaries = self._boundaries + counts
            self._f1.append(boundary_f1(pred, label, self.tolerance))

    def summary(self) -> dict[str, float]:
        """The measures of the whole set; not-a-number where nothing could be measured."""
        regions = {
            "miou": _mean(intersection_over_union(self.matrix)),
            "pixel_accuracy": pixel_accuracy(self.matrix),
            "class_accuracy": _mean(class_accuracy(self.matrix)),
        }
        if self.tolerance is None:
            return regions
        boundaries = {
            "boundary_iou": _mean(self._boundaries.iou()),
            "boundary_f1": _mean(np.array(self._f1)),
        }
        return regions | boundaries

    def by_class(self) -> dict[str, dict[str, float]]:
        """Class -> ``iou``, ``accuracy``, ``boundary_iou``, and ``share`` of the labelled pixels."""
        total = max(1, int(self.matrix.sum()))
        columns: Mapping[str, NDArray[np.float64]] = {
            "iou": intersection_over_union(self.matrix),
            "accuracy": class_accuracy(self.matrix),
            "boundary_iou": self._boundaries.iou(),
            "share": self.matrix.sum(1) / total,
        }
        return {
            name: {key: float(column[number]) for key, column in columns.items()}
            for number, name in enumerate(self.classes.names)
        }


def _mean(values: NDArray[np.float64]) -> float:
    """Mean of those that are numbers."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
