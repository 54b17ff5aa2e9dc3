import cv2
import numpy as np
import pytest

from indexnet_depth.output.panels import NOWHERE, colour_depth, depth_panel, depth_range, with_scale_bar

RNG = np.random.default_rng(0)
DEPTH = RNG.uniform(1, 5, (40, 30)).astype(np.float32)
IMAGE = RNG.random((40, 30, 3), dtype=np.float32)


def brightness(colours: np.ndarray) -> np.ndarray:
    return colours.astype(float) @ [0.299, 0.587, 0.114]


def test_near_is_bright_and_far_is_dark() -> None:
    ramp = np.linspace(1, 5, 50, dtype=np.float32)[None]
    values = brightness(colour_depth(ramp, 1, 5))[0]
    assert (np.diff(values) <= 1.5).all()
    assert values[0] > 230
    assert values[-1] < 5
    middle = cv2.applyColorMap(np.uint8([[191]]), cv2.COLORMAP_INFERNO)[0, 0, ::-1]
    np.testing.assert_array_equal(colour_depth(np.float32([[2]]), 1, 5)[0, 0], middle)


def test_colours_are_clipped_to_the_range() -> None:
    colours = colour_depth(np.float32([[0.2, 1, 5, 90]]), 1, 5)[0]
    assert (colours[0] == colours[1]).all()
    assert (colours[2] == colours[3]).all()


@pytest.mark.parametrize("nothing", [0, np.nan, np.inf, -1])
def test_no_depth_is_gray(nothing: float) -> None:
    assert tuple(colour_depth(np.float32([[2, nothing]]), 1, 5)[0, 1]) == NOWHERE


def test_range_leaves_out_the_odd_pixel_and_what_has_no_depth() -> None:
    depth = np.full((100, 100), 2.0, np.float32)
    depth[:50] = 4
    depth[0, :9], depth[1, :9], depth[2] = 60, 0.01, 0
    assert depth_range(depth) == (2, 4)
    assert depth_range(np.zeros((3, 3), np.float32)) == (0, 1)
    near, far = depth_range(np.full((3, 3), 7.0, np.float32))
    assert near == 7
    assert far > near


@pytest.mark.parametrize("height", [1, 20, 224, 1000])
def test_scale_bar_stands_at_the_right(height: int) -> None:
    picture = np.full((height, 50, 3), 7, np.uint8)
    barred = with_scale_bar(picture, 1, 5)
    assert barred.shape[0] == height
    assert barred.dtype == np.uint8
    np.testing.assert_array_equal(barred[:, :50], picture)
    assert barred.shape[1] > 60


def test_scale_bar_has_the_colours_of_the_map() -> None:
    bar = with_scale_bar(np.zeros((240, 1, 3), np.uint8), 1, 5)[:, 1:]
    column = bar[:, bar.shape[1] - 40 - 5]
    np.testing.assert_array_equal(column[-1], colour_depth(np.float32([[1]]), 1, 5)[0, 0])
    np.testing.assert_array_equal(column[0], colour_depth(np.float32([[5]]), 1, 5)[0, 0])
    assert (bar[:, -40:] < 128).any()  # something is written


def test_panel_has_one_range_of_colours() -> None:
    wrong = DEPTH + 1
    panel = depth_panel(IMAGE, DEPTH, [DEPTH, wrong], height=40)
    near, far = depth_range(DEPTH)
    parts = [panel[:, 34 * index : 34 * index + 30] for index in range(4)]
    np.testing.assert_array_equal(parts[0], np.rint(255 * IMAGE))
    np.testing.assert_array_equal(parts[1], colour_depth(DEPTH, near, far))
    np.testing.assert_array_equal(parts[2], parts[1])
    np.testing.assert_array_equal(parts[3], colour_depth(wrong, near, far))
