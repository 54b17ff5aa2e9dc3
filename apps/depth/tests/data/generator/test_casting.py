import math

import numpy as np
import pytest
from numpy.typing import NDArray

from indexnet_depth.data.generator.casting import Hits, cast, corners_of, first_solid
from indexnet_depth.data.generator.lens import Lens, View
from indexnet_depth.data.generator.materials import plain
from indexnet_depth.data.generator.shell import Doorway, Hall, Shell, Window
from indexnet_depth.data.generator.solids import Solid, ball, box, cylinder, tilt, turn

GRAY = plain((0.5, 0.5, 0.5))
ROOM = Hall((0, 1.25, 0), (2, 1.25, 3), (GRAY,) * 6)
VIEW = View(57, 75)


def hits(lens: Lens, solids: list[Solid], shell: Shell | None = None, view: View = VIEW) -> Hits:
    rays = lens.rays(view, 0.5, 0.5, view.height, view.width)
    windows = lens.windows(view, corners_of(solids))
    return cast(lens.position, rays, shell or Shell(ROOM), solids, windows)


def test_a_wall_across_the_view_has_one_depth() -> None:
    found = hits(Lens.looking((0.4, 1.2, -2), 0.0, field_of_view=20), [])
    np.testing.assert_allclose(found.depth, 5, atol=1e-5)
    assert (found.surface == 5).all()


def test_the_floor_recedes_as_its_plane_does() -> None:
    height, pitch = 1.3, 0.6
    lens = Lens.looking((0, height, -2.5), 0.0, pitch)
    found = hits(lens, [])
    rays = lens.rays(VIEW, 0.5, 0.5, 57, 75)
    floor = found.surface == 2
    assert floor.mean() > 0.5
    np.testing.assert_allclose(found.depth[floor], (-height / rays[1])[floor], rtol=1e-5)
    # The point below the optical axis: depth · cos(pitch) away, height · … below.
    assert found.depth[28, 37] == pytest.approx(height / math.sin(pitch), rel=1e-5)


def test_faces_of_the_room_by_number() -> None:
    for yaw, pitch, number in (
        (-math.pi / 2, 0, 0), (math.pi / 2, 0, 1), (0, 1.5, 2), (0, -1.5, 3), (math.pi, 0, 4), (0, 0, 5)
    ):  # fmt: skip
        found = hits(Lens.looking((0.1, 1.2, 0.2), yaw, pitch), [])
        assert found.surface[28, 37] == number


def test_a_balls_centre_is_nearer_by_its_radius() -> None:
    lens = Lens.looking((0, 1.2, -2), 0.0)
    found = hits(lens, [ball(GRAY, (0, 1.2, 1), (0.4, 0.4, 0.4))])
    assert found.depth[28, 37] == pytest.approx(3 - 0.4, abs=1e-5)
    ball_pixels = found.surface == first_solid(Shell(ROOM))
    points = (
        np.asarray(lens.position)[:, None]
        + lens.rays(VIEW, 0.5, 0.5, 57, 75)[:, ball_pixels] * (found.depth[ball_pixels])
    )
    np.testing.assert_allclose(np.linalg.norm(points.T - [0, 1.2, 1], axis=1), 0.4, atol=1e-5)


def test_a_cylinders_side_and_top() -> None:
    upright = cylinder(GRAY, (0, 0.5, 1), 0.3, 0.5)
    ahead = hits(Lens.looking((0, 0.5, -2), 0.0), [upright])
    assert ahead.depth[28, 37] == pytest.approx(2.7, abs=1e-5)
    above = hits(Lens.looking((0, 2.0, 1), 0.0, math.pi / 2), [upright])
    assert above.depth[28, 37] == pytest.approx(1.0, abs=1e-5)


def test_a_thin_distant_leg_is_exact() -> None:
    leg = cylinder(GRAY, (0, 0.4, 2.9), 0.01, 0.4)
    found = hits(Lens.looking((0, 0.4, -2.9), 0.0, field_of_view=45), [leg], view=View(201, 201))
    assert found.depth[100, 100] == pytest.approx(5.79, abs=1e-4)


def _by_marching(solid: Solid, position: NDArray[np.float64], ray: NDArray[np.float64]) -> float:
    """Find the first point inside a solid by small steps."""
    steps = np.arange(0.5, 5, 0.0005)
    own = np.abs((position + steps[:, None] * ray - solid.centre) @ solid.axes.T / solid.half)
    inside = {
        "box": own.max(1) <= 1,
        "ball": (own**2).sum(1) <= 1,
        "cylinder": (own[:, 0] ** 2 + own[:, 2] ** 2 <= 1) & (own[:, 1] <= 1),
    }[solid.kind]
    return float(steps[inside.argmax()]) if inside.any() else math.inf


@pytest.mark.parametrize("kind", ["box", "cylinder", "ball"])
def test_turned_and_stretched_solids_against_marching(kind: str) -> None:
    solid = box(GRAY, (0.2, 1.1, 1), (0.5, 0.3, 0.2), tilt(0.5) @ turn(0.8))
    solid = solid._replace(kind=kind)  # type: ignore[arg-type]
    lens = Lens.looking((0, 1.3, -1.5), 0.05, 0.1, 0.2)
    view = View(12, 16)
    found = hits(lens, [solid], view=view)
    rays = lens.rays(view, 0.5, 0.5, 12, 16).astype(np.float64)
    expected = np.array(
        [[_by_marching(solid, np.array(lens.position), rays[:, y, x]) for x in range(16)] for y in range(12)]
    )
    hit = found.surface == 6
    assert hit.sum() > 10
    np.testing.assert_array_equal(hit, np.isfinite(expected))
    np.testing.assert_allclose(found.depth[hit], expected[hit], atol=6e-4)


def test_nearer_solids_hide_others_in_any_order() -> None:
    near, far = box(GRAY, (0, 1.2, 0), (0.3, 0.3, 0.3)), box(GRAY, (0, 1.2, 1), (0.5, 0.5, 0.3))
    for solids in ([near, far], [far, near]):
        found = hits(Lens.looking((0, 1.2, -2), 0.0), solids)
        assert found.depth[28, 37] == pytest.approx(1.7, abs=1e-5)


def test_through_a_doorway_one_sees_the_other_room() -> None:
    beyond = Hall((0, 1.25, 5), (1, 1.25, 2), (GRAY,) * 6)
    shell = Shell(ROOM, (Doorway(5, (-0.4, 0.4), (-1, 2), beyond),))
    inside = box(GRAY, (0.2, 0.6, 4), (0.05, 0.6, 0.05))
    found = hits(Lens.looking((0, 1.2, -2), 0.0), [inside], shell)
    assert found.depth[28, 37] == pytest.approx(9, abs=1e-5)
    assert found.surface[28, 37] == 6 + 5
    assert found.depth[28, 60] == pytest.approx(5, abs=1e-5)
    assert found.surface[28, 60] == 5
    assert (found.surface == first_solid(shell)).sum() > 3


def test_a_window_is_a_surface_of_its_own() -> None:
    shell = Shell(ROOM, windows=(Window(5, (-0.5, 0.5), (1, 2), GRAY),))
    found = hits(Lens.looking((0, 1.5, -2), 0.0), [], shell)
    assert found.surface[28, 37] == 6 == first_solid(shell) - 1
