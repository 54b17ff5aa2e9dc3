from fractions import Fraction

import numpy as np
import pytest
from scipy.ndimage import label

from indexnet_matting.metrics import connectivity_error
from indexnet_matting.metrics.connectivity import connected_levels


def slow_connectivity_error(pred: np.ndarray, alpha: np.ndarray, trimap: np.ndarray) -> float:
    """The definition in loops and fractions: flood fill at every threshold, with full history."""
    pixels = [(int(row), int(column)) for row, column in np.ndindex(trimap.shape)]
    p = {pixel: Fraction(int(pred[pixel]), 255) for pixel in pixels}
    g = {pixel: Fraction(int(alpha[pixel]), 255) for pixel in pixels}
    left: dict[tuple[int, int], Fraction] = {}
    for step in range(1, 11):
        both = {
            pixel for pixel in pixels if p[pixel] >= Fraction(step, 10) and g[pixel] >= Fraction(step, 10)
        }
        largest: set[tuple[int, int]] = set()
        for start in pixels:  # in reading order: the first of equally large ones stays
            if start not in both:
                continue
            part, edge = set(), [start]
            while edge:
                row, column = edge.pop()
                if (row, column) in both:
                    both.remove((row, column))
                    part.add((row, column))
                    edge += [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
            if len(part) > len(largest):
                largest = part
        for pixel in pixels:
            if pixel not in largest:
                left.setdefault(pixel, Fraction(step - 1, 10))

    def phi(value: Fraction, level: Fraction) -> Fraction:
        return 1 - (value - level if value - level >= Fraction(15, 100) else 0)

    differences = [
        abs(phi(p[pixel], left.get(pixel, Fraction(1))) - phi(g[pixel], left.get(pixel, Fraction(1))))
        for pixel in pixels
        if trimap[pixel] == 128
    ]
    return float(sum(differences) / 1000)


def test_definition_in_loops(case) -> None:
    assert connectivity_error(*case) == pytest.approx(slow_connectivity_error(*case), rel=1e-9, abs=1e-15)


def error(pred: list[int], alpha: list[int]) -> float:
    """The error of a single row, in pixels rather than thousands."""
    row = np.full((1, len(pred)), 128, np.uint8)
    return 1000 * connectivity_error(np.uint8([pred]), np.uint8([alpha]), row)


def test_perfect_mattes_of_several_parts_have_no_error() -> None:
    assert error([255, 0, 255, 255], [255, 0, 255, 255]) == 0


def test_a_disconnected_part_costs_its_alpha() -> None:
    assert error([255, 255, 0, 204], [255, 255, 0, 0]) == pytest.approx(0.8)
    assert error([255, 255, 0, 0], [255, 255, 0, 204]) == pytest.approx(0.8)


def test_a_connected_part_costs_the_excess_over_its_level() -> None:
    assert error([255, 255, 153], [255, 255, 255]) == pytest.approx(0.4)  # 153 / 255 is exactly 0.6
    assert error([255, 255, 152], [255, 255, 255]) == pytest.approx(0.5)  # and 152 / 255 leaves at 0.5
    assert error([255, 255, 230], [255, 255, 255]) == 0  # 0.9: within the tolerance of 0.15
    assert error([255, 255, 229], [255, 255, 255]) == pytest.approx(0.2)  # left at 0.8


def test_diagonal_neighbours_are_not_connected() -> None:
    common = np.uint8([[255, 255, 0], [0, 0, 255]])
    assert connected_levels(common).tolist() == [[10, 10, 0], [0, 0, 0]]


def test_a_pixel_that_left_the_object_never_returns() -> None:
    common = np.uint8([[100, 100, 100, 100, 0, 255, 255]])
    assert connected_levels(common).tolist() == [[3, 3, 3, 3, 0, 0, 0]]


def test_nothing_in_common() -> None:
    assert (connected_levels(np.zeros((3, 4), np.uint8)) == 0).all()
    assert error([255, 0], [0, 255]) == pytest.approx(2)


def test_thresholds_are_exact() -> None:
    assert all(connected_levels(np.uint8([[value]])) == value * 10 // 255 for value in range(256))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_the_largest_part_of_large_masks(rng, share: float) -> None:
    """Compared with scipy; with few pixels in the mask, many parts have equal size."""
    common = np.where(rng.random((70, 90)) < share, 255, 0).astype(np.uint8)
    common[:, 45:] = common[:, 44::-1]  # twins: of equally large parts, the first in reading order stays
    parts, _ = label(common)
    largest = parts == 1 + np.bincount(parts.ravel())[1:].argmax()
    np.testing.assert_array_equal(connected_levels(common), 10 * largest)
