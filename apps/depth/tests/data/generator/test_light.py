import numpy as np
import pytest
from numpy.typing import NDArray

from indexnet_depth.data.generator.light import Lamp, Lighting, ShadowMap, Sun, illuminate, occlusion
from indexnet_depth.data.generator.materials import plain
from indexnet_depth.data.generator.solids import box
from indexnet_depth.data.generator.surfaces import Points

GRAY = plain((0.5, 0.5, 0.5))


def floor(x: object, height: float = 0.0) -> Points:
    """White points of the floor at x, z = 0."""
    xs = np.asarray(x, np.float32)
    place = np.stack([xs, np.full_like(xs, height), np.zeros_like(xs)])
    normal = np.zeros_like(place)
    normal[1] = 1
    return Points(place, normal, np.ones_like(place), 0.0)


def lit(points: Points, *lamps: Lamp, suns: tuple[Sun, ...] = (), solids: tuple = ()) -> NDArray[np.float32]:
    lighting = Lighting((0, 0, 0), lamps, suns, solids, 0.1)
    return illuminate(points, lighting, np.ones(points.place.shape[1], np.float32))[0]


def test_light_falls_off_with_the_square_of_the_distance() -> None:
    lamp = Lamp((0, 4, 0), (1, 1, 1))
    near, far = (lit(floor([0.0], height), lamp)[0] for height in (2.0, 0.0))
    assert near / far == pytest.approx(4, rel=0.05)


def test_a_lamp_behind_a_surface_gives_it_nothing() -> None:
    assert lit(floor([0.0, 1.0]), Lamp((0, -1, 0), (1, 1, 1))).max() == 0


def test_a_window_shines_to_its_front() -> None:
    window = Lamp((0, 1, 0), (1, 1, 1), facing=(1, 0, 0))
    behind, before = lit(floor([-1.0, 1.0]), window)
    assert behind == 0 < before


def test_a_table_casts_a_shadow_with_a_soft_border() -> None:
    table = box(GRAY, (0, 1, 0), (0.5, 0.02, 0.5))
    share = ShadowMap((0, 2, 0), [table]).lit(floor(np.linspace(-2, 2, 201)).place, 0.2)
    xs = np.linspace(-2, 2, 201)
    assert (share[np.abs(xs) < 0.7] == 0).all()
    assert (share[np.abs(xs) > 1.3] == 1).all()
    assert ((share > 0) & (share < 1)).any()
    # The table's own top is lit.
    assert (ShadowMap((0, 2, 0), [table]).lit(floor([0.0], 1.02).place, 0.2) == 1).all()


def test_the_sun_draws_the_window_on_the_floor() -> None:
    # Through a window in the wall x = 2, from 1 to 2 m, at 45 degrees: it reaches the floor from 0 to 1.
    half = 2**-0.5
    sun = Sun((half, half, 0), (1, 1, 1), 0, 2.0, (-1, 1), (1.0, 2.0))
    found = lit(floor([-0.5, 0.5, 1.5]), suns=(sun,))
    np.testing.assert_allclose(found, [0, half, 0], atol=1e-6)


def test_corners_are_darker() -> None:
    # A floor that ends at a wall, seen from above at an angle: the wall begins at the middle row.
    rows, columns = 60, 80
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    z = np.where(y < 30, 3, 3 - (y - 30) / 20)
    up = np.where(y < 30, (30 - y) / 20, 0)
    place = np.stack([x / 20 - 2, up, z]).astype(np.float32)
    normal = np.zeros_like(place)
    normal[2, :30], normal[1, 30:] = -1, 1
    share = occlusion(place, normal, np.full((rows, columns), 2.5, np.float32))
    assert share[28:33, 20:60].mean() < share[5:10, 20:60].mean() - 0.1
    assert share[5:10, 20:60].min() > 0.95
