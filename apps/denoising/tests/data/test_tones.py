import numpy as np
import pytest
from scipy.stats import kstest

from indexnet_denoising.data.tones import MIN_GAIN, vary_tones

PATCH = np.random.default_rng(0).uniform(0.2, 0.6, (8, 8, 3)).astype(np.float32)


def drawn(patch, count=1000):
    rng = np.random.default_rng(0)
    return [vary_tones(patch, rng) for _ in range(count)]


def gains_of(patches):
    """The slope of each patch over the original, negative where it is inverted."""
    return np.array([np.polyfit(PATCH.ravel(), patch.ravel(), 1)[0] for patch in patches])


def test_values_stay_in_range_and_in_order():
    for patch in (PATCH, np.zeros_like(PATCH), np.ones_like(PATCH), np.round(PATCH * 2.5 - 0.5)):
        varied = np.stack(drawn(patch, 200))
        assert varied.dtype == np.float32
        assert varied.shape == (200, *patch.shape)
        assert varied.min() >= 0
        assert varied.max() <= 1


def test_a_patch_is_scaled_shifted_and_perhaps_inverted():
    for patch in drawn(PATCH, 20):
        slope, offset = np.polyfit(PATCH.ravel(), patch.ravel(), 1)
        np.testing.assert_allclose(patch, slope * PATCH + offset, atol=1e-6)


def test_gains_are_uniform_and_half_of_the_patches_are_inverted():
    gains = gains_of(drawn(PATCH))
    assert kstest(np.abs(gains), "uniform", args=(MIN_GAIN, 1 - MIN_GAIN)).pvalue > 0.01
    assert (gains < 0).mean() == pytest.approx(0.5, abs=0.05)


def test_a_flat_patch_takes_every_tone():
    tones = [patch.mean() for patch in drawn(np.full((4, 4, 1), 0.8, np.float32))]
    assert kstest(tones, "uniform").pvalue > 0.01


def test_the_patch_itself_is_left_alone():
    before = PATCH.copy()
    drawn(PATCH, 5)
    np.testing.assert_array_equal(PATCH, before)
