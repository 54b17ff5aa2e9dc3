import sys
from typing import Any

import numpy as np
import pytest

from indexnet_denoising.data.noise import noisy_image
from indexnet_denoising.metrics import psnr
from indexnet_engine.errors import UserError
from tools.denoisers.classical import bm3d, non_local_means


def steps(*colours: float) -> np.ndarray:
    """An image with a vertical edge, (32, 40, C)."""
    image = np.zeros((32, 40, len(colours)), np.float32)
    image[:, :20] = 0.5
    image[:, 20:] = colours
    return image


@pytest.mark.parametrize(("image", "shape"), [(steps(0.8), (32, 40)), (steps(0.9, 0.2, 0.6), (32, 40, 3))])
def test_bm3d_is_told_the_noise_level_and_the_threads(
    fake_bm3d: Any, image: np.ndarray, shape: tuple[int, ...]
) -> None:
    noisy = noisy_image(image, 50, "steps")
    clean = bm3d(noisy, 50, 3)
    assert fake_bm3d.calls == [(shape, 50 / 255, 3)]
    assert clean.shape == image.shape
    assert clean.dtype == np.float32
    assert psnr(image, clean) > psnr(image, noisy) + 5


def test_bm3d_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bm3d", None)
    with pytest.raises(UserError, match=r"bm3d: this package is not installed; .*non-commercial use only"):
        bm3d(steps(0.8), 25, 1)


@pytest.mark.parametrize("image", [steps(0.8), steps(0.9, 0.2, 0.6)])
def test_the_package_removes_white_noise(image: np.ndarray) -> None:
    pytest.importorskip("bm3d", reason="needs bm3d, whose licence allows non-commercial use only")
    noisy = noisy_image(image, 25, "steps")
    assert psnr(image, bm3d(noisy, 25, 1)) > psnr(image, noisy) + 8


@pytest.mark.parametrize("image", [steps(0.8), steps(0.9, 0.2, 0.6)])
def test_non_local_means_removes_white_noise_and_keeps_colours(image: np.ndarray) -> None:
    noisy = noisy_image(image, 15, "steps")
    clean = non_local_means(noisy, 15, 15, 1)
    assert clean.shape == image.shape
    assert psnr(image, clean) > psnr(image, noisy) + 5
    np.testing.assert_array_equal(clean, np.rint(255 * clean) / np.float32(255))
    assert clean[:, 30].mean(0) == pytest.approx(image[0, 30], abs=0.03)
