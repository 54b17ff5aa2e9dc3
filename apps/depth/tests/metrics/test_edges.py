import math

import numpy as np
import pytest
from scipy.ndimage import sobel

from indexnet_depth.metrics import EDGE_THRESHOLD, EDGE_WIDTH, tally
from indexnet_depth.metrics.edges import edge_map


def slow_edges(depth: np.ndarray, row: int, column: int) -> bool:
    """Sobel's two kernels written out, at a pixel with eight neighbours."""
    around = [[float(depth[row + i, column + j]) for j in (-1, 0, 1)] for i in (-1, 0, 1)]
    right = sum(weight * (line[2] - line[0]) for weight, line in zip((1, 2, 1), around))
    down = sum(weight * (around[2][j] - around[0][j]) for j, weight in enumerate((1, 2, 1)))
    return math.sqrt(right**2 + down**2) > 0.5


def slow_measures(pred: np.ndarray, depth: np.ndarray) -> dict[str, float]:
    """Edges and what is near them, pixel by pixel."""
    height, width = depth.shape
    pred = np.maximum(pred.astype(np.float64), 0.001)

    def known(row: int, column: int) -> bool:
        inside = 0 <= row < height and 0 <= column < width
        return inside and math.isfinite(depth[row, column]) and depth[row, column] > 0

    true, found = set(), set()
    for row in range(height):
        for column in range(width):
            if all(known(row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
                if slow_edges(depth.astype(np.float64), row, column):
                    true.add((row, column))
                if slow_edges(pred, row, column):
                    found.add((row, column))
    near = {
        (row + i, column + j)
        for row, column in true
        for i in range(-2, 3)
        for j in range(-2, 3)
        if known(row + i, column + j)
    }
    hits, nan = len(true & found), math.nan
    if not true and not found:
        return dict.fromkeys(("edge_f1", "edge_precision", "edge_recall", "edge_rmse"), nan)
    squares = [(float(pred[pixel]) - float(depth[pixel])) ** 2 for pixel in near]
    return {
        "edge_f1": 2 * hits / (len(true) + len(found)),
        "edge_precision": hits / len(found) if found else 0,
        "edge_recall": hits / len(true) if true else 0,
        "edge_rmse": math.sqrt(sum(squares) / len(squares)) if squares else nan,
    }


def test_definition_pixel_by_pixel(case) -> None:
    assert EDGE_THRESHOLD == 0.5
    assert EDGE_WIDTH == 2
    found, expected = tally(*case).measures(), slow_measures(*case)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_the_cases_have_edges(cases) -> None:
    values = [slow_measures(*case)["edge_f1"] for case in cases]
    assert sum(0 < value < 1 for value in values) >= 3


def test_scipys_sobel_agrees(cases) -> None:
    for pred, _ in cases:
        values = pred.astype(np.float64)
        strength = np.hypot(sobel(values, 0, mode="nearest"), sobel(values, 1, mode="nearest"))
        for threshold in (0.25, 0.5, 1.0):
            np.testing.assert_array_equal(edge_map(values, threshold), strength > threshold)


def step(shift: int = 0, height: float = 1.0) -> np.ndarray:
    depth = np.full((20, 30), 2.0)
    depth[:, 15 + shift :] += height
    return depth


def test_a_step_where_it_should_be() -> None:
    found = tally(step(), step()).measures()
    assert found["edge_f1"] == found["edge_precision"] == found["edge_recall"] == 1
    assert found["edge_rmse"] == 0


def test_a_step_that_is_moved_or_blurred() -> None:
    aside = tally(step(1), step()).measures()  # two columns are edges in each, one of them in both
    assert aside["edge_f1"] == aside["edge_precision"] == aside["edge_recall"] == 0.5
    assert tally(step(3), step()).measures()["edge_f1"] == 0
    columns = np.arange(30.0)
    blurred = np.broadcast_to(2 + ((columns - 12) / 6).clip(0, 1), (20, 30))
    found = tally(blurred, step()).measures()
    assert found["edge_recall"] == 1
    assert found["edge_precision"] < 0.5
    softer = np.broadcast_to(2 + (columns / 30), (20, 30))
    assert tally(softer, step()).measures()["edge_recall"] == 0
    assert tally(softer, step()).measures()["edge_rmse"] > 0.3


def test_the_border_of_the_measured_area_is_no_edge() -> None:
    depth = np.full((20, 30), 3.0)
    depth[:, :10] = 0
    assert math.isnan(tally(np.full((20, 30), 3.0), depth).measures()["edge_f1"])
    assert tally(step(), np.full((20, 30), 2.0)).measures()["edge_precision"] == 0


def test_the_threshold_is_a_choice() -> None:
    assert math.isnan(tally(step(0, 0.2), step(0, 0.2), edge_threshold=1.0).measures()["edge_f1"])
    assert tally(step(0, 0.2), step(0, 0.2), edge_threshold=0.5).measures()["edge_f1"] == 1
