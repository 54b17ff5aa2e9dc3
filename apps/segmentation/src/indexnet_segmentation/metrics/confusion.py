"""The confusion matrix, and the measures computed from it."""

import numpy as np
from numpy.typing import NDArray

from indexnet_segmentation.data.classes import IGNORE

__all__ = ["class_accuracy", "confusion_matrix", "intersection_over_union", "pixel_accuracy"]


def confusion_matrix(
    pred: NDArray[np.integer], label: NDArray[np.integer], classes: int
) -> NDArray[np.int64]:
    """Count pixels by true class (rows) and predicted class (columns).

    Matrices of several images are added; the sum does not depend on batches. Pixels whose label is `IGNORE`
    do not count.

    Args:
        pred: class numbers (H, W), or of any other shape.
        label: true class numbers of the same shape, or `IGNORE`.
        classes: number of classes C.

    Returns:
        int64 (C, C).

    Raises:
        ValueError: the shapes differ, or a number is not a class.

    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 0, 255]), 2).tolist()
    [[1, 1], [0, 0]]
    """
    if pred.shape != label.shape:
        raise ValueError(f"prediction {pred.shape} and label {label.shape} differ in shape")
    known = label != IGNORE
    true, found = label[known].astype(np.int64), pred[known].astype(np.int64)
    for name, numbers in (("prediction", found), ("label", true)):
        if numbers.size and not (numbers.min() >= 0 and numbers.max() < classes):
            raise ValueError(f"{name} holds {numbers.min()}..{numbers.max()}, classes are 0..{classes - 1}")
    return np.bincount(classes * true + found, minlength=classes**2).reshape(classes, classes)


def intersection_over_union(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the IoU of each class (C,); not-a-number for a class that is neither in the labels nor
    predicted.

    >>> intersection_over_union(np.array([[3, 1], [0, 2]])).round(3).tolist()
    [0.75, 0.667]
    """
    hit = np.diag(matrix)
    return _ratio(hit, matrix.sum(0) + matrix.sum(1) - hit)


def class_accuracy(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of each class's pixels that are predicted as such (C,); not-a-number for a class
    without pixels."""
    return _ratio(np.diag(matrix), matrix.sum(1))


def pixel_accuracy(matrix: NDArray[np.int64]) -> float:
    """Return the share of all pixels with the right class; not-a-number without pixels."""
    return float(_ratio(np.trace(matrix), matrix.sum()))


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.asarray(part / np.asarray(whole))
