import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_matting.data.files import read_alpha
from indexnet_matting.data.trimap import read_trimap
from indexnet_matting.metrics import METRICS, connectivity_error, gradient_error, measure, mse, sad


def test_the_four_measures(case) -> None:
    assert list(METRICS)[:4] == ["sad", "mse", "grad", "conn"]
    measures = measure(*case)
    assert list(measures) == list(METRICS)
    assert measures.items() >= {
        ("sad", sad(*case)),
        ("mse", mse(*case)),
        ("grad", gradient_error(*case)),
        ("conn", connectivity_error(*case)),
    }


def test_known_pixels_of_the_prediction_do_not_matter(case, rng) -> None:
    pred, alpha, trimap = case
    spoilt = np.where(trimap == 128, pred, rng.integers(0, 256, pred.shape, np.uint8))
    assert measure(spoilt, alpha, trimap) == measure(pred, alpha, trimap)


def test_floats_are_measured_as_the_8_bit_file_would_be(case, rng) -> None:
    pred, alpha, trimap = case
    jitter = rng.uniform(-0.45, 0.45, pred.shape)
    assert measure((pred + jitter) / 255, (alpha / 255).astype(np.float32), trimap) == measure(*case)


def test_any_unknown_value_is_unknown(case) -> None:
    pred, alpha, trimap = case
    assert measure(pred, alpha, np.where(trimap == 128, np.uint8(127), trimap)) == measure(*case)


def test_the_truth_itself_has_no_error(case) -> None:
    _, alpha, trimap = case
    alpha = np.where(trimap == 128, alpha, trimap)
    assert measure(alpha, alpha, trimap) == dict.fromkeys(METRICS, 0)


def test_nothing_to_measure() -> None:
    with pytest.raises(UserError, match="no unknown pixels"):
        measure(np.ones((4, 4)), np.ones((4, 4)), np.full((4, 4), 255, np.uint8))


@pytest.mark.data
def test_real_mattes(shared) -> None:
    """On alphamatting.com's images: the truth has no error, the trimap has."""
    folder = shared("data/matting/alphamatting_train_lowres")
    file = next((folder / "gt_training_lowres").glob("GT01.*"))
    alpha = read_alpha(file)
    trimap = read_trimap(next((folder / "trimap_training_lowres").rglob("GT01.*")))
    truth, gray = measure(alpha, alpha, trimap), measure(trimap / np.float32(255), alpha, trimap)
    assert truth["sad"] == truth["mse"] == 0
    assert all(gray[key] > truth[key] for key in truth)
    assert gray["sad"] == pytest.approx(np.abs(alpha - 128 / 255)[trimap == 128].sum() / 1000)
