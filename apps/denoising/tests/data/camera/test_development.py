import numpy as np
import pytest

from indexnet_denoising.data.camera.development import Development, develop, draw_development, undevelop


def plain(contrast=0.0, gains=(1, 1, 1)):
    return Development(np.array(gains, np.float32), np.eye(3, dtype=np.float32), contrast)


@pytest.mark.parametrize("seed", range(8))
def test_undoing_and_developing_again_is_the_identity_within_a_step_of_eight_bits(seed):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (3, 40, 40)).astype(np.float32) / 255
    development = draw_development(rng)
    again = develop(undevelop(image, development), development)
    assert np.abs(again - image).max() < 0.5 / 255
    np.testing.assert_array_equal(np.rint(255 * again), np.rint(255 * image))


def test_light_is_linear_by_the_curve_of_srgb():
    gray = np.full((3, 1, 1), 0.5, np.float32)
    np.testing.assert_allclose(undevelop(gray, plain()), 0.2140, atol=2e-4)
    np.testing.assert_allclose(develop(np.full((3, 1, 1), 0.2140, np.float32), plain()), 0.5, atol=2e-4)


def test_gains_divide_on_the_way_to_the_sensor():
    white = np.ones((3, 1, 1), np.float32)
    raw = undevelop(white, plain(gains=(2, 1, 1.6)))
    np.testing.assert_allclose(raw.ravel(), [0.5, 1, 0.625], rtol=1e-6)


def test_contrast_darkens_shadows_and_brightens_highlights():
    light = np.array([0.02, 0.6], np.float32) * np.ones((3, 1, 2), np.float32)
    flat, steep = (develop(light, plain(contrast))[0, 0] for contrast in (0, 1))
    assert steep[0] < flat[0]
    assert steep[1] > flat[1]


def test_values_beyond_black_and_white_are_clipped():
    raw = np.array([-0.5, 1.5], np.float32) * np.ones((3, 1, 2), np.float32)
    assert develop(raw, plain())[0, 0].tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(8))
def test_gray_stays_gray_and_gains_are_within_their_range(seed):
    development = draw_development(np.random.default_rng(seed))
    np.testing.assert_allclose(development.matrix.sum(1), 1, atol=1e-6)
    assert development.gains[1] == 1
    assert 1.2 <= development.gains[[0, 2]].min() <= development.gains[[0, 2]].max() <= 2.6
    assert 0 <= development.contrast <= 1
