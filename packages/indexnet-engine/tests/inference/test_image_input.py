import numpy as np
import pytest
import torch
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import convert_channels
from indexnet_engine.inference.image_input import as_image

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (5, 6, 3), np.uint8)
VALUES = BYTES.astype(np.float32) / np.float32(255)


@pytest.mark.parametrize(
    "image",
    [
        BYTES,
        VALUES,
        VALUES.astype(np.float64),
        BYTES.astype(np.uint16) * np.uint16(257),
        Image.fromarray(BYTES),
        torch.from_numpy(BYTES).permute(2, 0, 1),
        torch.from_numpy(VALUES).permute(2, 0, 1),
    ],
    ids=["uint8", "float32", "float64", "uint16", "PIL", "tensor of uint8", "tensor of float32"],
)
def test_every_kind_gives_the_same_values(image) -> None:
    found = as_image(image)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, VALUES, rtol=1e-6)


def test_gray_images_have_one_channel() -> None:
    gray = BYTES[..., 0]
    for image in (gray, gray[..., None], Image.fromarray(gray), torch.from_numpy(gray)[None]):
        assert as_image(image).shape == (5, 6, 1)
        np.testing.assert_array_equal(as_image(image, 3), np.repeat(VALUES[..., :1], 3, 2))


def test_transparency_is_composited_over_white() -> None:
    rgba = RNG.random((5, 6, 4), dtype=np.float32)
    np.testing.assert_array_equal(as_image(rgba), convert_channels(rgba, 3))


def test_noisy_values_leave_the_range_only_where_that_is_allowed() -> None:
    noisy = VALUES + np.float32(0.5)
    np.testing.assert_array_equal(as_image(noisy, in_range=False), noisy)
    with pytest.raises(UserError, match=r"the image: expected .* in \[0, 1\], got float32 \(5, 6, 3\) from"):
        as_image(noisy)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((5, 6, 2), np.float32),
        np.zeros((5, 6, 3), np.int64),
        np.zeros((0, 6, 3), np.uint8),
        np.zeros(5, np.uint8),
        np.full((5, 6, 3), np.nan),
    ],
)
def test_other_arrays_are_refused(image: np.ndarray) -> None:
    with pytest.raises(UserError, match="the image: expected uint8, uint16 or floats"):
        as_image(image)


def test_tensors_of_batches_are_refused() -> None:
    with pytest.raises(UserError, match=r"expected a tensor \(C, H, W\), got \(1, 3, 5, 6\)"):
        as_image(torch.zeros(1, 3, 5, 6))
