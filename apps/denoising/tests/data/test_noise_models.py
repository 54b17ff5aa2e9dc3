import numpy as np
import pytest

from indexnet_denoising.data.noise import as_eight_bits, noisy_image
from indexnet_denoising.data.noise_models import WhiteNoise


def test_the_clean_side_is_the_patch_itself():
    patch = np.random.default_rng(0).random((1, 16, 16), dtype=np.float32)
    noisy, clean = WhiteNoise(25).pair(patch, 16, np.random.default_rng(0))
    assert clean is patch
    assert (noisy - patch).std() * 255 == pytest.approx(25, rel=0.1)
    assert WhiteNoise(25).source_size(16) == 16


def test_held_out_images_have_the_noise_of_their_names():
    image = np.full((16, 16, 1), 0.5, np.float32)
    held_out = WhiteNoise((0, 55), test_levels=(15, 50)).held_out({"lena": image})
    assert list(held_out) == ["15", "50"]
    np.testing.assert_array_equal(held_out["50"]["lena"].noisy, noisy_image(image, 50, "lena"))
    assert held_out["50"]["lena"].clean is image
    clipped = WhiteNoise(50, clip_noise=True, test_levels=(50,)).held_out({"lena": image})
    np.testing.assert_array_equal(clipped["50"]["lena"].noisy, as_eight_bits(noisy_image(image, 50, "lena")))


def test_the_entries_say_what_was_learned():
    assert WhiteNoise((0, 55), clip_noise=True).entries() == {"sigma": (0, 55), "clip_noise": True}
