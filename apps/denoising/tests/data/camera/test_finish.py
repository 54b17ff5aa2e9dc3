import numpy as np
import pytest

from indexnet_denoising.data.camera.finish import Finish, draw_finish, finish, side_before


def gradient(size):
    """Colours (3, size, size) that change slowly, of 8 bits."""
    rows, columns = np.mgrid[:size, :size] / size
    return np.rint(255 * np.stack([rows, columns, 1 - rows * columns])).astype(np.float32) / 255


def test_a_finish_that_does_nothing_rounds_to_eight_bits():
    nothing = Finish(1.0, "bilinear", 0.0, 1.0, None, "4:4:4")
    image = np.random.default_rng(0).random((3, 48, 48), dtype=np.float32)
    noisy, clean = finish(image, image, nothing, 48, np.random.default_rng(0))
    np.testing.assert_array_equal(clean, image)
    assert np.abs(noisy - image).max() < 0.501 / 255


def test_both_images_are_resized_and_sharpened_and_one_is_compressed():
    settings = Finish(0.75, "bicubic", 0.5, 1.0, 60, "4:2:0")
    image = gradient(64)
    noisy, clean = finish(image, image, settings, 40, np.random.default_rng(0))
    assert noisy.shape == clean.shape == (3, 40, 40)
    assert 0.3 < 255 * np.sqrt(np.square(noisy - clean).mean()) < 10


def test_images_without_noise_get_a_mild_finish():
    rng = np.random.default_rng(0)
    mild = [draw_finish(rng, noisy=False) for _ in range(200)]
    assert {(settings.scale, settings.sharpening) for settings in mild} == {(1.0, 0.0)}
    assert min(settings.quality for settings in mild if settings.quality is not None) >= 95
    usual = [draw_finish(rng) for _ in range(400)]
    assert {settings.quality for settings in usual if settings.quality is not None} <= set(range(50, 101))
    scales = np.array([settings.scale for settings in usual])
    assert 0.6 <= scales.min() < 0.7
    assert 1.2 < scales.max() <= 1.3
    assert (scales == 1).mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("scale", [0.6, 0.75, 1, 1.3])
def test_the_side_before_leaves_a_border(scale):
    before = side_before(96, scale)
    assert before % 2 == 0
    assert 96 + 10 <= scale * before <= 96 + 14
