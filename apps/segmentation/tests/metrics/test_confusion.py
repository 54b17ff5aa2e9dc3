"""Compare every value with torchmetrics."""

import numpy as np
import pytest
import torch
from torchmetrics.classification import MulticlassAccuracy, MulticlassConfusionMatrix, MulticlassJaccardIndex

from indexnet_segmentation.metrics import (
    class_accuracy,
    confusion_matrix,
    intersection_over_union,
    pixel_accuracy,
)

CLASSES = 6


def pair(seed: int, classes: int = CLASSES, void: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """A prediction that is right at about half of the pixels, and a label."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, classes, (9, 11))
    pred = np.where(rng.random(label.shape) < 0.5, label, rng.integers(0, classes, label.shape))
    label[rng.random(label.shape) < void] = 255
    return pred, label


def reference(metric: type, pred: np.ndarray, label: np.ndarray, **options: object) -> np.ndarray:
    computed = metric(num_classes=CLASSES, ignore_index=255, **options)(
        torch.from_numpy(pred), torch.from_numpy(label)
    )
    return computed.numpy()


@pytest.mark.parametrize("seed", range(3))
def test_against_torchmetrics(seed: int) -> None:
    pred, label = pair(seed)
    matrix = confusion_matrix(pred, label, CLASSES)
    assert matrix.dtype == np.int64
    np.testing.assert_array_equal(matrix, reference(MulticlassConfusionMatrix, pred, label))
    iou = intersection_over_union(matrix)
    np.testing.assert_allclose(iou, reference(MulticlassJaccardIndex, pred, label, average="none"), rtol=1e-6)
    np.testing.assert_allclose(iou.mean(), reference(MulticlassJaccardIndex, pred, label), rtol=1e-6)
    accuracy = class_accuracy(matrix)
    np.testing.assert_allclose(
        accuracy, reference(MulticlassAccuracy, pred, label, average="none"), rtol=1e-6
    )
    np.testing.assert_allclose(
        pixel_accuracy(matrix), reference(MulticlassAccuracy, pred, label, average="micro"), rtol=1e-6
    )


def test_a_class_that_occurs_nowhere_does_not_count() -> None:
    pred, label = pair(0, classes=4)
    iou = intersection_over_union(confusion_matrix(pred, label, CLASSES))
    assert np.isnan(iou).tolist() == [False] * 4 + [True] * 2
    np.testing.assert_allclose(np.nanmean(iou), reference(MulticlassJaccardIndex, pred, label), rtol=1e-6)


def test_a_class_that_is_only_predicted_counts_as_missed() -> None:
    matrix = confusion_matrix(np.array([0, 1, 2]), np.array([0, 1, 1]), 4)
    np.testing.assert_array_equal(intersection_over_union(matrix), [1, 0.5, 0, np.nan])
    np.testing.assert_array_equal(class_accuracy(matrix), [1, 0.5, np.nan, np.nan])
    assert pixel_accuracy(matrix) == pytest.approx(2 / 3)


def test_counts_add_up_over_any_parts() -> None:
    """Batches, a last incomplete one among them, or images split over processes."""
    pairs = [pair(seed) for seed in range(5)]
    whole = confusion_matrix(*map(np.stack, zip(*pairs)), CLASSES)
    for parts in ([pairs[:2], pairs[2:4], pairs[4:]], [pairs[::2], pairs[1::2]]):
        summed = sum(confusion_matrix(*map(np.stack, zip(*part)), CLASSES) for part in parts)
        np.testing.assert_array_equal(summed, whole)


def test_only_pixels_without_a_class() -> None:
    matrix = confusion_matrix(np.zeros((2, 2), int), np.full((2, 2), 255), CLASSES)
    assert matrix.sum() == 0
    assert np.isnan(pixel_accuracy(matrix))
    assert np.isnan(intersection_over_union(matrix)).all()


def test_numbers_that_are_no_class() -> None:
    with pytest.raises(ValueError, match=r"label holds 0\.\.7, classes are 0\.\.5"):
        confusion_matrix(np.zeros(2, int), np.array([0, 7]), CLASSES)
    with pytest.raises(ValueError, match=r"prediction holds -1\.\.0"):
        confusion_matrix(np.array([0, -1]), np.zeros(2, int), CLASSES)
    with pytest.raises(ValueError, match="differ in shape"):
        confusion_matrix(np.zeros((2, 3), int), np.zeros((3, 2), int), CLASSES)
