from pathlib import Path

import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image
from indexnet_matting.data.crop import composite
from indexnet_matting.output.cutout import cut_out, estimate_foreground, fill, read_background

RED, BLUE = np.float32([1, 0, 0]), np.float32([0, 0, 1])


def ramp(height: int = 24, width: int = 40) -> np.ndarray:
    """Alpha from 0 on the left to 1 on the right, with known margins."""
    return np.broadcast_to(np.linspace(-0.5, 1.5, width).clip(0, 1), (height, width)).astype(np.float32)


def test_the_old_background_does_not_stay_in_the_foreground() -> None:
    alpha = ramp()
    image = composite(
        np.broadcast_to(RED, (*alpha.shape, 3)), alpha, np.broadcast_to(BLUE, (*alpha.shape, 3))
    )
    foreground = estimate_foreground(image, alpha)
    assert foreground.shape == image.shape
    assert foreground.dtype == np.float32
    mixed = (alpha > 0.2) & (alpha < 0.8)
    assert image[mixed][:, 2].mean() > 0.4  # half blue
    np.testing.assert_allclose(foreground[mixed], np.broadcast_to(RED, foreground[mixed].shape), atol=0.1)
    assert foreground.min() >= 0
    assert foreground.max() <= 1


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (2, 3)])
def test_foregrounds_of_tiny_images(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).random((*size, 3), dtype=np.float32)
    assert estimate_foreground(image, np.full(size, 0.5, np.float32)).shape == image.shape


def test_opaque_pixels_keep_their_colours() -> None:
    image = np.random.default_rng(0).random((8, 9, 3), dtype=np.float32)
    np.testing.assert_array_equal(estimate_foreground(image, np.ones((8, 9), np.float32)), image)


def test_a_cut_out_is_colours_and_alpha() -> None:
    image, alpha = np.full((4, 5, 3), 0.25, np.float32), np.full((4, 5), 0.5, np.float32)
    rgba = cut_out(image, alpha)
    assert rgba.shape == (4, 5, 4)
    np.testing.assert_array_equal(rgba[..., :3], image)
    np.testing.assert_array_equal(rgba[..., 3], alpha)


@pytest.mark.parametrize(
    ("word", "colour"),
    [("white", (1, 1, 1)), ("#ff0000", (1, 0, 0)), ("rgb(0, 51, 255)", (0, 0.2, 1)), ("#00f8", (0, 0, 1))],
)
def test_colours(word: str, colour: tuple[float, ...]) -> None:
    background = read_background(word)
    np.testing.assert_allclose(background, np.reshape(colour, (1, 1, 3)), atol=1e-6)
    np.testing.assert_array_equal(fill(background, 3, 4), np.broadcast_to(background, (3, 4, 3)))


def test_a_picture_covers_the_image_and_is_not_distorted(tmp_path: Path) -> None:
    halves = np.zeros((20, 40, 3), np.float32)
    halves[:, 20:] = 1
    write_image(tmp_path / "halves.png", halves)
    filled = fill(read_background(str(tmp_path / "halves.png")), 30, 30)
    assert filled.shape == (30, 30, 3)
    np.testing.assert_allclose(filled[:, :10], 0, atol=0.02)
    np.testing.assert_allclose(filled[:, -10:], 1, atol=0.02)


def test_neither_a_file_nor_a_colour() -> None:
    with pytest.raises(UserError, match=r"beech\.png: no such file, and no colour such as white"):
        read_background("beech.png")
