import math

import numpy as np
import pytest
import torch
from torchmetrics.functional import mean_absolute_percentage_error, mean_squared_error

from indexnet_depth.metrics import tally
from indexnet_depth.metrics.pixelwise import prepare
from indexnet_engine.errors import UserError


def slow_measures(pred: np.ndarray, depth: np.ndarray) -> dict[str, float]:
    """The definitions in Section 5.4.2 and of FastDepth, pixel by pixel."""
    squares = relative = logs = 0.0
    within, count = [0, 0, 0], 0
    for row in range(depth.shape[0]):
        for column in range(depth.shape[1]):
            g = float(depth[row, column])
            if not (math.isfinite(g) and g > 0):
                continue
            d = max(float(pred[row, column]), 0.001)
            count += 1
            squares += (d - g) ** 2
            relative += abs(d - g) / g
            logs += abs(math.log10(d) - math.log10(g))
            for power in (1, 2, 3):
                within[power - 1] += max(d / g, g / d) < 1.25**power
    return {
        "rmse": math.sqrt(squares / count),
        **{f"delta{power}": within[power - 1] / count for power in (1, 2, 3)},
        "abs_rel": relative / count,
        "log10": logs / count,
    }


def test_definitions_pixel_by_pixel(case) -> None:
    found = tally(*case).measures()
    expected = slow_measures(*case)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_torchmetrics_agrees(case) -> None:
    pred, depth = case
    valid = np.isfinite(depth) & (depth > 0)
    d, g = (torch.from_numpy(values[valid].astype(np.float64)) for values in (pred.clip(1e-3), depth))
    found = tally(pred, depth).measures()
    assert found["rmse"] == pytest.approx(mean_squared_error(d, g, squared=False).item(), rel=1e-6)
    assert found["abs_rel"] == pytest.approx(mean_absolute_percentage_error(d, g).item(), rel=1e-6)


def test_ratios_are_strict_and_go_both_ways() -> None:
    depth = np.full((1, 4), 4.0)
    found = tally(np.array([[5.0, 4.99, 3.2, 3.21]]), depth).measures()
    assert found["delta1"] == 0.5  # 5/4 and 4/3.2 are not below 1.25
    assert found["delta2"] == 1


def test_a_perfect_estimate() -> None:
    depth = np.random.default_rng(0).uniform(0.5, 9, (9, 8))
    found = tally(depth, depth).measures()
    assert found["rmse"] == found["abs_rel"] == found["log10"] == 0
    assert found["delta1"] == found["delta2"] == found["delta3"] == 1


def test_predictions_at_invalid_pixels_do_not_matter(case) -> None:
    pred, depth = case
    invalid = ~(np.isfinite(depth) & (depth > 0))
    spoilt = pred.copy()
    spoilt[invalid] = np.nan
    # Edges beside invalid pixels do not count either, so that this holds for every measure.
    assert str(tally(spoilt, depth).measures()) == str(tally(pred, depth).measures())


def test_a_prediction_without_depth_counts_as_a_millimetre() -> None:
    depth = np.ones((3, 3))
    assert tally(np.zeros((3, 3)), depth).measures() == tally(np.full((3, 3), 1e-3), depth).measures()
    assert tally(np.zeros((3, 3)), depth).measures()["log10"] == pytest.approx(3)


def test_inputs_are_left_alone() -> None:
    pred, depth = np.zeros((2, 2)), np.array([[1.0, np.nan], [0.0, 2.0]])
    kept = depth.copy()
    prepare(pred, depth)
    np.testing.assert_array_equal(depth, kept)
    assert (pred == 0).all()


@pytest.mark.parametrize(
    ("pred", "depth", "message"),
    [
        (np.ones((2, 3)), np.ones((3, 2)), r"one shape \(H, W\), got \(2, 3\) and \(3, 2\)"),
        (np.ones((1, 2, 3)), np.ones((1, 2, 3)), r"got \(1, 2, 3\)"),
        (np.full((2, 3), np.nan), np.ones((2, 3)), "not finite"),
        (np.ones((2, 3)), np.zeros((2, 3)), "no pixel with a valid depth"),
        (np.ones((2, 3)), np.full((2, 3), np.nan), "no pixel with a valid depth"),
    ],
)
def test_inputs_that_cannot_be_measured(pred: np.ndarray, depth: np.ndarray, message: str) -> None:
    with pytest.raises(UserError, match=message):
        tally(pred, depth)
