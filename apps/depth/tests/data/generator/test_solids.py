import math

import numpy as np
import pytest

from indexnet_depth.data.generator.materials import plain
from indexnet_depth.data.generator.solids import box, cylinder, moved, tilt, turn

GRAY = plain((0.5, 0.5, 0.5))


def test_axes_are_rotations() -> None:
    for axes in (turn(0.7), tilt(-0.4), tilt(0.3) @ turn(1.2)):
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(axes) == pytest.approx(1)


def test_a_tilted_back_leans_towards_z() -> None:
    upper_end = tilt(0.3)[1]
    assert upper_end[2] == pytest.approx(math.sin(0.3))
    assert upper_end[1] > 0.9


def test_moving_turns_about_the_origin_of_the_piece() -> None:
    solids = [box(GRAY, (0, 1, 2), (1, 2, 3)), cylinder(GRAY, (1, 0, 0), 0.5, 1)]
    first, second = moved(solids, (10, 0, 20), math.pi / 2)
    # z turns towards x, x towards -z.
    np.testing.assert_allclose(first.centre, (12, 1, 20), atol=1e-12)
    np.testing.assert_allclose(second.centre, (10, 0, 19), atol=1e-12)
    assert first.half == (1, 2, 3)
    assert second.half == (0.5, 1, 0.5)
    # A point of the box at its front stays at its front.
    np.testing.assert_allclose(first.axes @ (np.array([15, 1, 20]) - first.centre), (0, 0, 3), atol=1e-12)
