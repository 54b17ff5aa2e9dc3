import numpy as np
import pytest

from indexnet_matting.metrics import mse, sad


def test_definitions_pixel_by_pixel(case) -> None:
    pred, alpha, trimap = case
    absolute = square = count = 0.0
    for row in range(trimap.shape[0]):
        for column in range(trimap.shape[1]):
            if trimap[row, column] == 128:
                difference = int(pred[row, column]) / 255 - int(alpha[row, column]) / 255
                absolute, square, count = absolute + abs(difference), square + difference**2, count + 1
    assert sad(pred, alpha, trimap) == pytest.approx(absolute / 1000, rel=1e-12)
    assert mse(pred, alpha, trimap) == pytest.approx(square / count, rel=1e-12)


def test_only_unknown_pixels_count() -> None:
    trimap = np.zeros((40, 50), np.uint8)
    trimap[:10, :20] = 128
    alpha = np.full((40, 50), 0.2)
    assert sad(alpha + 0.4, alpha, trimap) == pytest.approx(0.4 * 200 / 1000)
    assert mse(alpha + 0.4, alpha, trimap) == pytest.approx(0.16)


def test_both_signs_count() -> None:
    trimap = np.full((2, 1000), 128, np.uint8)
    alpha = np.full((2, 1000), 0.4)
    pred = alpha + np.array([[0.2], [-0.4]])
    assert sad(pred, alpha, trimap) == pytest.approx(0.6)
    assert mse(pred, alpha, trimap) == pytest.approx((0.04 + 0.16) / 2)
