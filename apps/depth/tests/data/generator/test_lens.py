import math

import numpy as np
import pytest

from indexnet_depth.data.generator.casting import corners_of
from indexnet_depth.data.generator.lens import FIELD_OF_VIEW, Lens, View, focal_length, nominal_depth
from indexnet_depth.data.generator.materials import plain
from indexnet_depth.data.generator.solids import box

VIEW = View(228, 304)


def test_the_middle_ray_is_the_optical_axis() -> None:
    lens = Lens.looking((0, 1, 0), yaw=0.3, pitch=0.2, roll=0.1)
    rays = lens.rays(View(3, 3), 0.5, 0.5, 3, 3)
    forward = [math.cos(0.2) * math.sin(0.3), -math.sin(0.2), math.cos(0.2) * math.cos(0.3)]
    np.testing.assert_allclose(rays[:, 1, 1], forward, atol=1e-6)
    # Every ray is 1 along the axis.
    np.testing.assert_allclose(np.einsum("c,chw->hw", forward, rays), 1, atol=1e-6)


@pytest.mark.parametrize("degrees", [45.0, 58.0, 75.0])
def test_the_field_of_view_is_that_between_the_borders(degrees: float) -> None:
    lens = Lens.looking((0, 0, 0), 0.0, field_of_view=degrees)
    rays = lens.rays(VIEW, 0, 0, 229, 305)
    left, right = rays[:, 114, 0], rays[:, 114, 304]
    angle = math.degrees(math.atan(-left[0]) + math.atan(right[0]))
    assert angle == pytest.approx(degrees, abs=1e-3)


def test_pixels_of_a_frame_of_fastdepth_are_square() -> None:
    for view in (VIEW, View(250, 334, 334 / 304, 250 / 228)):
        half_width, half_height = Lens.looking((0, 0, 0), 0.0).slopes(view)
        assert half_width / view.width == pytest.approx(half_height / view.height, rel=1e-3)


def test_roll_turns_the_picture_clockwise() -> None:
    rays = Lens.looking((0, 0, 0), 0.0, roll=0.2).rays(View(3, 3), 0.5, 0.5, 3, 3)
    assert rays[1, 1, 2] < 0 < rays[1, 1, 0]  # the camera's right points down


def test_windows_enclose_what_is_visible() -> None:
    lens = Lens.looking((0, 0, 0), 0.0)
    ahead = box(plain((1, 1, 1)), (0.5, 0, 4), (0.1, 0.1, 0.1))
    behind = ahead._replace(centre=(0, 0, -4))
    beside = ahead._replace(centre=(0, 0, 0.05))
    windows = lens.windows(VIEW, corners_of([ahead, behind, beside]))
    top, bottom, left, right = windows[0]
    focal = focal_length(FIELD_OF_VIEW, 304)
    assert left <= 152 + 0.4 / 4.1 * focal
    assert right >= 152 + 0.6 / 3.9 * focal
    assert top <= 114 - 0.1 / 3.9 * focal
    assert bottom >= 114 + 0.1 / 3.9 * focal
    assert (bottom - top) * (right - left) < 600
    assert windows[1].tolist() == [0, 0, 0, 0]
    assert windows[2].tolist() == [0, 228, 0, 304]


def test_depth_of_the_nominal_lens_keeps_the_size_of_things() -> None:
    depth = np.full((1, 1), 3.0, np.float32)
    assert nominal_depth(depth, FIELD_OF_VIEW) == pytest.approx(3.0)
    for degrees in (45.0, 75.0):
        ratio = focal_length(degrees, 304) / focal_length(FIELD_OF_VIEW, 304)
        assert nominal_depth(depth, degrees) == pytest.approx(3.0 / ratio, rel=1e-6)
