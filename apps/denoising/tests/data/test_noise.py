import numpy as np
import pytest
from scipy.stats import kstest

from indexnet_denoising.data.noise import (
    add_noise,
    as_eight_bits,
    as_sigma,
    draw_sigma,
    evaluation_noise,
    noisy_image,
)
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, write_image


@pytest.mark.parametrize("sigma", [5, 25, 50])
def test_noise_is_gaussian_with_sigma_on_the_255_scale(sigma):
    image = np.full((300, 300, 1), 0.5, dtype=np.float32)
    noisy = add_noise(image, sigma, np.random.default_rng(0))
    noise = (noisy - image).ravel().astype(np.float64) * 255
    assert noisy.dtype == np.float32
    assert kstest(noise, "norm", args=(0, sigma)).pvalue > 0.01
    lag = np.corrcoef(noise[:-1], noise[1:])[0, 1]
    assert abs(lag) < 0.01  # white: neighbours are uncorrelated


def test_noise_is_not_clipped_and_the_image_is_left_alone():
    image = np.zeros((50, 50, 3), dtype=np.float32)
    assert add_noise(image, 25, np.random.default_rng(0)).min() < -0.1
    assert not image.any()


def test_sigma_zero_adds_nothing():
    image = np.random.default_rng(1).random((8, 8, 1), dtype=np.float32)
    np.testing.assert_array_equal(add_noise(image, 0, np.random.default_rng(0)), image)


def test_evaluation_noise_depends_on_seed_name_and_sigma_alone():
    noise = evaluation_noise((16, 16, 1), 25, "lena")
    np.testing.assert_array_equal(noise, evaluation_noise((16, 16, 1), 25.0, "lena", seed=0))
    others = [
        evaluation_noise((16, 16, 1), 25, "barbara"),
        evaluation_noise((16, 16, 1), 25, "lena", seed=1),
        evaluation_noise((16, 16, 1), 50, "lena") / 2,
    ]
    for other in others:
        assert abs(np.corrcoef(noise.ravel(), other.ravel())[0, 1]) < 0.3


def test_evaluation_noise_never_changes():
    """Figures in model cards were measured on this noise."""
    first = evaluation_noise((1, 3, 1), 25, "test001").ravel()
    np.testing.assert_allclose(first, [0.0033540239, 0.09298858, -0.026258845], rtol=1e-6)


def test_eight_bits_are_those_of_a_file(tmp_path):
    noisy = np.random.default_rng(0).normal(0.5, 0.5, (32, 32, 1)).astype(np.float32)
    write_image(tmp_path / "noisy.png", noisy.clip(0, 1))
    np.testing.assert_array_equal(as_eight_bits(noisy), read_image(tmp_path / "noisy.png"))


def test_a_noisy_image_is_clipped_on_request_only():
    image = np.random.default_rng(1).random((16, 16, 1), dtype=np.float32)
    noisy = noisy_image(image, 50, "lena", seed=3)
    np.testing.assert_array_equal(noisy, image + evaluation_noise(image.shape, 50, "lena", 3))
    np.testing.assert_array_equal(
        noisy_image(image, 50, "lena", seed=3, clip_noise=True), as_eight_bits(noisy)
    )


def test_a_fixed_sigma_draws_nothing_and_a_range_draws_uniformly():
    rng, untouched = np.random.default_rng(0), np.random.default_rng(0)
    assert draw_sigma(25.0, rng) == 25.0
    assert rng.random() == untouched.random()
    levels = [draw_sigma((10.0, 20.0), rng) for _ in range(2000)]
    assert kstest(levels, "uniform", args=(10, 10)).pvalue > 0.01


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1, "cannot be -1"),
        (256, "0–255 scale"),
        (float("nan"), "cannot be nan"),
        ([55, 0], "from low to high, got 55 0"),
        ([1, 2, 3], "got 3"),
        ([], "got 0"),
    ],
)
def test_refuses_levels_out_of_range(value, message):
    with pytest.raises(UserError, match=message):
        as_sigma(value)
