import numpy as np
import pytest

from indexnet_denoising.data.camera.filters import blur, denoise_even_areas, resize, shape_chroma, sharpen


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(0, 1, (3, 96, 96)).astype(np.float32)


def neighbours(plane):
    return np.corrcoef(plane[:, :-1].ravel(), plane[:, 1:].ravel())[0, 1]


def luma(colours):
    return 0.299 * colours[0] + 0.587 * colours[1] + 0.114 * colours[2]


@pytest.mark.parametrize("sigma", [1, 1.5])
def test_blur_makes_neighbours_alike_and_keeps_the_mean(noise, sigma):
    blurred = blur(noise, sigma)
    # Neighbours of white noise blurred by a Gaussian correlate by exp(-1 / (4 sigma²)).
    assert neighbours(blurred[0]) == pytest.approx(np.exp(-1 / (4 * sigma**2)), abs=0.05)
    np.testing.assert_allclose(blur(np.full((1, 9, 9), 0.3, np.float32), sigma), 0.3, rtol=1e-6)


def test_blur_of_zero_changes_nothing(noise):
    assert blur(noise, 0) is noise


def test_chroma_is_amplified_and_blurred_and_the_luma_stays(noise):
    shaped = shape_chroma(noise, gain=1.5, sigma=1)
    np.testing.assert_allclose(luma(shaped), luma(noise), atol=1e-5)
    np.testing.assert_allclose(shape_chroma(noise, gain=1, sigma=0), noise, atol=1e-6)
    before, after = noise - luma(noise), shaped - luma(shaped)
    assert neighbours(after[0]) > 0.6 > 0.1 > abs(neighbours(before[0]))


def test_noise_is_left_at_edges_and_reduced_elsewhere(noise):
    clean = np.zeros((3, 96, 96), np.float32)
    clean[:, :, 48:] = 1
    left = denoise_even_areas(noise, clean, rest=0.3)
    np.testing.assert_allclose(left[:, :, :32], 0.3 * noise[:, :, :32], atol=1e-6)
    assert np.abs(left[:, :, 47:49]).mean() > 0.8 * np.abs(noise[:, :, 47:49]).mean()


def test_sharpening_amplifies_noise_and_keeps_even_areas(noise):
    assert sharpen(noise, 0.8, 1).std() > 1.5 * noise.std()
    assert sharpen(noise, 0, 1) is noise
    np.testing.assert_allclose(sharpen(np.full((1, 9, 9), 0.3, np.float32), 1, 1), 0.3, rtol=1e-6)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_resizing_to_half_averages_noise(noise, mode):
    half = resize(noise[None], (48, 48), mode)
    assert half.shape == (1, 3, 48, 48)
    assert 0.3 < half.std() < 0.7
