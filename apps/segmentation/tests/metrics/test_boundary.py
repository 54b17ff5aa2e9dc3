import math

import numpy as np
import pytest
from scipy.ndimage import binary_erosion
from scipy.spatial.distance import cdist

from indexnet_segmentation.metrics import boundary_f1, boundary_iou_counts

# The tolerance that gives d pixels in an image of 40 × 60.
PIXEL = 1 / math.hypot(40, 60)


def blobs(seed: int, classes: int = 4) -> np.ndarray:
    """A label (40, 60) of smooth regions."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:40, :60] / 40
    planes = [np.sin(a * rows + b * columns + c) for a, b, c in rng.uniform(-6, 6, (classes, 3))]
    return np.argmax(planes, 0)


def reference_band(mask: np.ndarray, width: int) -> np.ndarray:
    """As in the reference code: erode d times by 3×3 on a frame of zeros."""
    framed = np.pad(mask, 1)
    eroded = binary_erosion(framed, np.ones((3, 3)), iterations=width)
    return (framed & ~eroded)[1:-1, 1:-1]


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("seed", range(2))
def test_boundary_iou_is_that_of_the_reference(seed: int, width: int) -> None:
    pred, label = blobs(seed), blobs(seed + 10)
    counts = boundary_iou_counts(pred, label, 5, width * PIXEL)
    for number in range(4):
        found, true = (reference_band(part == number, width) for part in (pred, label))
        assert counts.intersection[number] == (found & true).sum()
        assert counts.union[number] == (found | true).sum()
    assert counts.union[4] == 0
    assert np.isnan(counts.iou()[4])


def test_boundary_iou_is_more_sensitive_than_iou_at_boundaries() -> None:
    """A large square that is one pixel off."""
    label = np.zeros((100, 100), int)
    label[20:80, 20:80] = 1
    pred = np.roll(label, 1, 1)
    counts = boundary_iou_counts(pred, label, 2, 2 / math.hypot(100, 100))
    whole = ((pred == 1) & (label == 1)).sum() / ((pred == 1) | (label == 1)).sum()
    assert whole > 0.96
    assert counts.iou()[1] < 0.75


def test_counts_are_summed_over_images() -> None:
    parts = [boundary_iou_counts(blobs(seed), blobs(seed + 10), 4) for seed in range(3)]
    total = parts[0] + parts[1] + parts[2]
    np.testing.assert_array_equal(total.union, sum(part.union for part in parts))
    assert 0 < total.iou().mean() < 1


def contour(mask: np.ndarray) -> np.ndarray:
    """Pixels of a mask with a neighbour outside of it, inside the image."""
    return mask & ~binary_erosion(mask, border_value=1)


def f1_by_all_distances(pred: np.ndarray, label: np.ndarray, reach: float) -> float:
    values = []
    for number in np.unique(label):
        found, true = (np.argwhere(contour(part == number)) for part in (pred, label))
        if not len(true):
            continue
        if not len(found):
            values.append(0.0)
            continue
        distance = cdist(found, true)
        precision, recall = ((distance.min(axis) <= reach).mean() for axis in (1, 0))
        values.append(2 * precision * recall / (precision + recall) if precision + recall else 0)
    return float(np.mean(values))


@pytest.mark.parametrize("reach", [0.5, 1.5, 3])
@pytest.mark.parametrize("seed", range(3))
def test_boundary_f1_against_all_distances(seed: int, reach: float) -> None:
    pred, label = blobs(seed), blobs(seed + 10)
    expected = f1_by_all_distances(pred, label, reach)
    assert boundary_f1(pred, label, reach * PIXEL) == pytest.approx(expected, abs=1e-12)
    assert 0 < expected < 1


@pytest.mark.parametrize("seed", range(2))
def test_the_truth_is_perfect(seed: int) -> None:
    label = blobs(seed)
    label[5:15, 10:30] = 255
    pred = np.where(label == 255, 0, label)
    assert boundary_f1(pred, label) == 1
    counts = boundary_iou_counts(pred, label, 4)
    np.testing.assert_array_equal(counts.intersection, counts.union)


def test_pixels_without_a_class_change_nothing() -> None:
    label = blobs(0)
    label[5:15, 10:30] = 255
    pred, other = blobs(1), blobs(1)
    other[5:15, 10:30] = 3
    assert boundary_f1(pred, label) == boundary_f1(other, label)
    first, second = (boundary_iou_counts(part, label, 4) for part in (pred, other))
    np.testing.assert_array_equal(first.union, second.union)
    np.testing.assert_array_equal(first.intersection, second.intersection)


def test_void_is_no_boundary() -> None:
    label = np.zeros((40, 60), int)
    label[10:20] = 255
    assert math.isnan(boundary_f1(label * 0, label))
    counts = boundary_iou_counts(label * 0, label, 1, PIXEL)
    # The frame of the image without the two gaps of ten pixels.
    assert counts.union.tolist() == [2 * 60 + 2 * 38 - 2 * 10]


def test_one_class_has_no_boundary() -> None:
    flat = np.zeros((8, 8), int)
    assert math.isnan(boundary_f1(flat, flat))


def test_a_boundary_that_was_not_predicted() -> None:
    label = blobs(0)
    assert boundary_f1(np.zeros_like(label), label) == 0
