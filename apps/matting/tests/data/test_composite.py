import numpy as np

from indexnet_matting.data.composite import composite

RNG = np.random.default_rng(0)


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
