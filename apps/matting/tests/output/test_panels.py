import numpy as np
import pytest

from indexnet_matting.output.panels import BACKDROP, matting_panel

RNG = np.random.default_rng(0)
IMAGE = RNG.random((40, 30, 3), dtype=np.float32)
ALPHA, TRUTH = RNG.random((2, 40, 30), dtype=np.float32)
TRIMAP = RNG.choice(np.uint8([0, 128, 255]), (40, 30))


def columns(panel: np.ndarray, count: int) -> list[np.ndarray]:
    """Take a panel of 30-pixel pictures and 4-pixel gaps apart."""
    assert panel.shape == (40, 34 * count - 4, 3)
    for index in range(1, count):
        assert (panel[:, 34 * index - 4 : 34 * index] == 255).all()
    return [panel[:, 34 * index : 34 * index + 30] for index in range(count)]


def test_image_trimap_alpha_truth_composite() -> None:
    parts = columns(matting_panel(IMAGE, TRIMAP, ALPHA, TRUTH, height=40), 5)
    np.testing.assert_array_equal(parts[0], np.rint(255 * IMAGE))
    np.testing.assert_array_equal(parts[1], np.repeat(TRIMAP[..., None], 3, 2))
    for part, gray in zip(parts[2:4], (ALPHA, TRUTH)):
        np.testing.assert_array_equal(part, np.repeat(np.rint(255 * gray)[..., None], 3, 2))
    over = ALPHA[..., None] * IMAGE + (1 - ALPHA[..., None]) * np.array(BACKDROP)
    np.testing.assert_allclose(parts[4], 255 * over, atol=0.51)


def test_without_truth_and_with_a_given_composite() -> None:
    over = RNG.random((40, 30, 3), dtype=np.float32)
    parts = columns(matting_panel(IMAGE, TRIMAP, ALPHA, over=over, height=40), 4)
    np.testing.assert_array_equal(parts[3], np.rint(255 * over))


@pytest.mark.parametrize("size", [(1, 1), (900, 3), (50, 1200)])
def test_any_size_becomes_one_height(size: tuple[int, int]) -> None:
    panel = matting_panel(
        np.zeros((*size, 3), np.float32), np.zeros(size, np.uint8), np.zeros(size, np.float32), height=100
    )
    assert panel.shape == (100, 4 * max(1, round(size[1] * 100 / size[0])) + 12, 3)
    assert panel.dtype == np.uint8
