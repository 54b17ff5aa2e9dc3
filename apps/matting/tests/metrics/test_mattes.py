import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_matting.metrics.mattes import prepare

UNKNOWN = np.full((2, 3), 128, np.uint8)


def test_known_pixels_take_the_trimaps_value() -> None:
    pred, alpha = np.full((1, 5), 0.2), np.full((1, 5), 0.4, np.float32)
    mattes = prepare(pred, alpha, np.uint8([[0, 1, 128, 254, 255]]))
    assert mattes.pred.tolist() == [[0, 51, 51, 51, 255]]
    assert mattes.alpha.tolist() == [[102] * 5]  # the truth is unchanged
    assert mattes.unknown.tolist() == [[False, True, True, True, False]]


def test_floats_are_clipped_and_rounded_to_nearest() -> None:
    pred = np.array([[-3, 0.49 / 255, 0.51 / 255], [254.4 / 255, 254.6 / 255, 7]])
    assert prepare(pred, pred, UNKNOWN).pred.tolist() == [[0, 0, 1], [254, 255, 255]]


def test_prepared_mattes_stay_as_they_are(rng) -> None:
    pred, alpha, trimap = rng.random((9, 8)), rng.random((9, 8)), rng.choice(np.uint8([0, 128, 255]), (9, 8))
    once = prepare(pred, alpha, trimap)
    twice = prepare(once.pred, once.alpha, trimap)
    assert all((first == second).all() for first, second in zip(once, twice))


def test_inputs_are_not_modified() -> None:
    pred, trimap = np.full((2, 3), 9, np.uint8), np.uint8([[0, 128, 255]] * 2)
    prepare(pred, pred, trimap)
    assert (pred == 9).all()


@pytest.mark.parametrize(
    ("pred", "trimap", "error", "message"),
    [
        (np.zeros((3, 2)), UNKNOWN, UserError, r"one shape \(H, W\), got \(3, 2\), \(2, 3\) and \(2, 3\)"),
        (np.zeros((2, 3)), UNKNOWN[:1], UserError, r"and \(1, 3\)"),
        (np.full((2, 3), np.nan), UNKNOWN, UserError, "prediction holds values that are not finite"),
        (np.zeros((2, 3)), np.zeros_like(UNKNOWN), UserError, "trimap: no unknown pixels"),
        (np.zeros((2, 3)), UNKNOWN / 255, ValueError, "trimap of uint8, got float64"),
        (np.zeros((2, 3), np.uint16), UNKNOWN, ValueError, "prediction as uint8 or as floats .* got uint16"),
    ],
)
def test_predictions_that_cannot_be_compared(pred, trimap, error, message) -> None:
    with pytest.raises(error, match=message):
        prepare(pred, np.zeros((2, 3)), trimap)
