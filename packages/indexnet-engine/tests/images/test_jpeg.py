import numpy as np

from indexnet_engine.images.jpeg import compress_as_jpeg


def picture():
    rows, columns = np.mgrid[:48, :56] / 12
    planes = [np.sin(rows + shift) * np.cos(columns - shift) for shift in range(3)]
    return np.rint(127.5 + 100 * np.stack(planes, -1)).astype(np.uint8)


def error(quality, subsampling):
    pixels = picture()
    return np.square(compress_as_jpeg(pixels, quality, subsampling) - pixels.astype(float)).mean()


def test_higher_quality_is_closer_and_all_colours_are_closer_than_a_quarter():
    assert error(100, "4:4:4") < 1 < error(80, "4:4:4") < error(50, "4:4:4")
    assert error(95, "4:4:4") < error(95, "4:2:0")


def test_shape_and_type_stay():
    result = compress_as_jpeg(picture(), 75, "4:2:2")
    assert result.shape == (48, 56, 3)
    assert result.dtype == np.uint8
