import cv2
import numpy as np
import pytest

from indexnet_matting.data.generator.trimaps import MAX_BAND, drawn_trimap


def disc(soft: float) -> np.ndarray:
    rows, columns = np.mgrid[:160, :160]
    return ((40 - np.hypot(rows - 80, columns - 80)) / soft + 0.5).clip(0, 1).astype(np.float32)


@pytest.mark.parametrize("soft", [0.001, 1, 8])
def test_all_styles_contain_every_fractional_pixel(soft: float) -> None:
    alpha, shares = disc(soft), []
    for number in range(60):
        trimap = drawn_trimap(alpha, np.random.default_rng(number))
        assert trimap.dtype == np.uint8
        assert (alpha[trimap == 255] == 1).all()
        assert (alpha[trimap == 0] == 0).all()
        assert (trimap == 128).any()
        shares.append((trimap == 128).mean())
    assert max(shares) > 3 * min(shares)  # narrow and wide


def test_no_band_is_wider_than_promised() -> None:
    alpha = disc(1)
    unsure = (alpha > 0) & (alpha < 1)
    distance = cv2.distanceTransform((~unsure).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    for number in range(60):
        trimap = drawn_trimap(alpha, np.random.default_rng(number))
        assert distance[trimap == 128].max() <= MAX_BAND + 2
