import subprocess
import sys

import numpy as np
import pytest

from indexnet_matting.data.augment import resize_and_flip


def crop(side: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    rgba = rng.integers(0, 256, (side, side, 4), dtype=np.uint8)
    rgba[: side // 2, :, 3] = 255
    rgba[-side // 4 :, :, 3] = 0
    trimap = np.where((rgba[..., 3] > 0) & (rgba[..., 3] < 255), np.uint8(128), rgba[..., 3])
    return rgba, trimap


def block_means(values: np.ndarray, factor: int) -> np.ndarray:
    side = values.shape[0] // factor
    return values.reshape(side, factor, side, factor, *values.shape[2:]).mean((1, 3))


def mirrored(rng_seed: int) -> bool:
    """Return whether this generator mirrors, tested on a picture that is dark on the left."""
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[:, 4:] = 255
    _, alpha, _ = resize_and_flip(rgba, rgba[..., 3], 8, np.random.default_rng(rng_seed))
    return bool(alpha[0, 0])


PLAIN = next(seed for seed in range(50) if not mirrored(seed))
MIRRORED = next(seed for seed in range(50) if mirrored(seed))


def test_nothing_changes_at_the_same_size():
    rgba, trimap = crop(16)
    foreground, alpha, result = resize_and_flip(rgba, trimap, 16, np.random.default_rng(PLAIN))
    np.testing.assert_allclose(alpha, rgba[..., 3] / 255, atol=1e-6)
    np.testing.assert_allclose(foreground, rgba[..., :3] / 255, atol=1e-6)
    np.testing.assert_array_equal(result, trimap)
    assert foreground.dtype == alpha.dtype == np.float32
    assert result.dtype == np.uint8


def test_colours_are_averaged_with_their_weights():
    rgba, trimap = crop(32)
    foreground, alpha, _ = resize_and_flip(rgba, trimap, 16, np.random.default_rng(PLAIN))
    values = rgba.astype(np.float64) / 255
    weight = values[..., 3:] + 1 / 1024
    expected = block_means(weight * values[..., :3], 2) / block_means(weight, 2)
    np.testing.assert_allclose(foreground, expected, atol=1e-5)
    np.testing.assert_allclose(alpha, block_means(values[..., 3], 2), atol=1e-5)


def test_black_under_transparent_pixels_does_not_bleed_into_the_foreground():
    rgba = np.zeros((16, 16, 4), np.uint8)
    rgba[:, ::2] = 255  # white hairs, one pixel wide, over nothing
    foreground, alpha, trimap = resize_and_flip(rgba, rgba[..., 3], 8, np.random.default_rng(PLAIN))
    np.testing.assert_allclose(alpha, 0.5, atol=1e-5)
    assert foreground.min() > 0.99
    assert (trimap == 128).all()


@pytest.mark.parametrize("size", [16, 20, 24, 33, 48])
def test_known_pixels_of_the_trimap_stay_known(size):
    rgba, trimap = crop(32, 3)
    trimap[:] = np.where(rgba[..., 3] == 255, 255, 0)  # claims too much
    foreground, alpha, result = resize_and_flip(rgba, trimap, size, np.random.default_rng(PLAIN))
    assert set(np.unique(result)) <= {0, 128, 255}
    known = result != 128
    np.testing.assert_array_equal(alpha[known], (result[known] == 255).astype(np.float32))
    for values in (foreground, alpha):
        assert values.min() >= 0
        assert values.max() <= 1
        assert values.shape[:2] == (size, size)


def test_everything_is_mirrored_together():
    rgba, trimap = crop(32)
    plain = resize_and_flip(rgba, trimap, 16, np.random.default_rng(PLAIN))
    turned = resize_and_flip(rgba, trimap, 16, np.random.default_rng(MIRRORED))
    for one, other in zip(plain, turned):
        np.testing.assert_allclose(one, other[:, ::-1], atol=1e-6)


def test_half_of_the_samples_are_mirrored():
    share = np.mean([mirrored(seed) for seed in range(200)])
    assert 0.4 < share < 0.6


def test_only_the_generator_decides():
    """Neither earlier samples nor the random state of the process matter, even in forked workers."""
    rgba, trimap = crop(16)
    first = resize_and_flip(rgba, trimap, 8, np.random.default_rng(5))
    for seed in range(3):
        resize_and_flip(rgba, trimap, 8, np.random.default_rng(seed))
    again = resize_and_flip(rgba, trimap, 8, np.random.default_rng(5))
    for one, other in zip(first, again):
        np.testing.assert_array_equal(one, other)


def test_the_library_is_imported_lazily_and_checks_for_no_updates():
    code = (
        "import os, sys, numpy as np\n"
        "os.environ.pop('NO_ALBUMENTATIONS_UPDATE', None)\n"
        "from indexnet_matting.data.augment import resize_and_flip\n"
        "assert 'albumentations' not in sys.modules\n"
        "a = np.zeros((4, 4, 4), np.uint8)\n"
        "resize_and_flip(a, a[..., 3], 4, np.random.default_rng(0))\n"
        "assert 'albumentations' in sys.modules\n"
        "assert os.environ['NO_ALBUMENTATIONS_UPDATE'] == '1'\n"
        "assert sys.modules['albumentations.check_version'].opener is None\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
