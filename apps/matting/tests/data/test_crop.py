import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_matting.data.crop import Crop, check_crops, composite, crop_trimap, draw_crop, draw_sample, take
from indexnet_matting.data.foregrounds import Foreground, unknown_pixels
from indexnet_matting.data.trimap import random_trimap

HEIGHT, WIDTH = 130, 170
RNG = np.random.default_rng(0)


def speckled(seed: int = 0, binary: bool = False) -> np.ndarray:
    """A matte with blocks of 0 and 255 and single pixels between."""
    rng = np.random.default_rng(seed)
    alpha = np.kron(rng.integers(0, 2, (13, 17)) * 255, np.ones((10, 10))).astype(np.uint8)
    if not binary:
        alpha[rng.integers(HEIGHT, size=40), rng.integers(WIDTH, size=40)] = rng.integers(1, 255, 40)
    return alpha


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_the_trimap_of_a_crop_is_cut_from_that_of_the_whole_image(seed, binary):
    alpha = speckled(seed, binary)
    rng = np.random.default_rng(seed)
    crop = draw_crop(unknown_pixels(alpha), HEIGHT, WIDTH, [24, 40, 64], rng)
    cut = crop_trimap(alpha, crop, np.random.default_rng(seed))
    whole = random_trimap(alpha, np.random.default_rng(seed))
    np.testing.assert_array_equal(cut, take(whole, crop))
    assert cut.dtype == np.uint8


def test_crops_are_inside_and_centred_on_an_unknown_pixel_where_possible():
    alpha = speckled()
    unknown, sides = unknown_pixels(alpha), set()
    for seed in range(200):
        crop = draw_crop(unknown, HEIGHT, WIDTH, (24, 40, 64), np.random.default_rng(seed))
        sides.add(crop.side)
        assert 0 <= crop.top <= HEIGHT - crop.side
        assert 0 <= crop.left <= WIDTH - crop.side
        part = take(alpha, crop)
        assert part.shape == (crop.side, crop.side)
        assert ((part > 0) & (part < 255)).any()
        touches = crop.top in (0, HEIGHT - crop.side) or crop.left in (0, WIDTH - crop.side)
        centre = part[crop.side // 2, crop.side // 2]
        assert touches or 0 < centre < 255
    assert sides == {24, 40, 64}


def test_a_small_image_gives_its_shorter_side():
    crop = draw_crop(np.array([50]), 20, 30, (320,), np.random.default_rng(0))
    assert crop.side == 20
    assert crop.top == 0


def test_a_sample_is_a_crop_and_its_trimap():
    alpha = speckled()
    rgba = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 4), dtype=np.uint8)
    rgba[..., 3] = alpha
    _, part, trimap = draw_sample(Foreground(rgba, unknown_pixels(alpha)), (40,), np.random.default_rng(2))
    assert part.shape == (40, 40, 4)
    assert trimap.shape == (40, 40)
    assert (trimap[(part[..., 3] > 0) & (part[..., 3] < 255)] == 128).all()
    assert (trimap == 128).any()


@pytest.mark.parametrize(("crops", "size"), [((), 320), ((0,), 320), ((320,), 0)])
def test_numbers_out_of_range(crops, size):
    with pytest.raises(UserError, match="must be positive"):
        check_crops(crops, size)


def test_take_is_a_view():
    image = np.zeros((5, 5), np.uint8)
    take(image, Crop(1, 2, 2))[:] = 1
    assert image.sum() == 4


def test_each_pixel_obeys_the_matting_equation():
    foreground, background = RNG.random((2, 4, 5, 3), dtype=np.float32)
    alpha = RNG.random((4, 5), dtype=np.float32)
    image = composite(foreground, alpha, background)
    assert image.dtype == np.float32
    for row, column, channel in np.ndindex(image.shape):
        a = float(alpha[row, column])
        f, b = float(foreground[row, column, channel]), float(background[row, column, channel])
        assert abs(image[row, column, channel] - (a * f + (1 - a) * b)) < 1e-6


def test_opaque_and_transparent_pixels_are_copied_exactly():
    foreground, background = RNG.random((2, 2, 1, 3), dtype=np.float32)
    image = composite(foreground, np.float32([[1], [0]]), background)
    np.testing.assert_array_equal(image, [foreground[0], background[1]])
