import numpy as np
import pytest

from indexnet_depth.data.generator.materials import Material, plain
from indexnet_depth.data.generator.shell import Hall, Shell, Window
from indexnet_depth.data.generator.solids import ball, box, cylinder, turn
from indexnet_depth.data.generator.surfaces import Surface, normals, points, surfaces_of
from indexnet_depth.data.generator.textures import TextureBank

GRAY = plain((0.25, 0.5, 0.75), emission=0.5)
ROOM = Hall((0, 1, 0), (2, 1, 3), (GRAY,) * 6)


def of(solid) -> Surface:  # type: ignore[no-untyped-def]
    return surfaces_of(Shell(ROOM), [solid])[6]


def test_order_is_faces_windows_solids() -> None:
    window = Window(5, (-1, 1), (0.5, 1.5), plain((1, 1, 1)))
    surfaces = surfaces_of(Shell(ROOM, windows=(window,)), [ball(GRAY, (0, 1, 0), (1, 1, 1))])
    assert [surface.axis for surface in surfaces] == [0, 0, 1, 1, 2, 2, 2, None]
    assert surfaces[6].centre == (0, 1, 3.01)
    assert surfaces[6].half == (1, 0.5, 0.01)


@pytest.mark.parametrize(
    ("solid", "place", "expected"),
    [
        (box(GRAY, (0, 0, 0), (1, 2, 3), turn(0.5)), turn(0.5).T @ (1, 0.3, 0.3), turn(0.5)[0]),
        (box(GRAY, (0, 0, 0), (1, 2, 3)), (0.5, 2, 1), (0, 1, 0)),
        (cylinder(GRAY, (0, 0, 0), 0.5, 1), (0.3, 0.2, 0.4), (0.6, 0, 0.8)),
        (cylinder(GRAY, (0, 0, 0), 0.5, 1), (0.3, 1, 0.1), (0, 1, 0)),
        (ball(GRAY, (1, 1, 1), (2, 2, 2)), (1 + 2 * 0.6, 1 + 2 * 0.8, 1), (0.6, 0.8, 0)),
    ],
)
def test_normals(solid, place, expected) -> None:  # type: ignore[no-untyped-def]
    found = normals(of(solid), np.array(place, np.float32)[:, None])[:, 0]
    np.testing.assert_allclose(np.abs(found @ expected), 1, atol=1e-5)


def test_points_face_the_camera_and_glow(bank: TextureBank) -> None:
    rays = np.array([[0, 0.1], [0, 0.1], [1, 1]], np.float32)
    hit = points(surfaces_of(Shell(ROOM), [])[5], (0, 1, 0), rays, np.float32([3, 3]), 0.004, bank)
    np.testing.assert_allclose(hit.place, [[0, 0.3], [1, 1.3], [3, 3]], atol=1e-6)
    np.testing.assert_allclose(hit.normal, [[0, 0], [0, 0], [-1, -1]])
    np.testing.assert_allclose(hit.colour[:, 0], (0.25, 0.5, 0.75))
    assert hit.emission == 0.5


def test_a_picture_fills_its_face_upright(bank: TextureBank) -> None:
    picture = Material((0, 0, 0), (1, 1, 1), bank.photographs[0], span=0)
    surface = of(box(picture, (0, 1, 2), (0.5, 0.5, 0.01)))
    y, x = np.mgrid[0.49:-0.49:9j, -0.49:0.49:9j]
    place = np.stack([x.ravel(), 1 + y.ravel(), np.full(81, 1.99)]).astype(np.float32)
    depth = np.full(81, 1.99, np.float32)
    hit = points(surface, (0, 1, 0), (place - [[0], [1], [0]]).astype(np.float32) / depth, depth, 1e-4, bank)
    whole = bank.look_up(
        picture.texture, (x.ravel() + 0.5).astype(np.float32), (0.5 - y.ravel()).astype(np.float32),
        np.zeros(81, np.float32),
    )  # fmt: skip
    np.testing.assert_allclose(hit.colour.T, (whole / 255.0) ** 2, atol=1e-6)
