import numpy as np
import pytest

from indexnet_depth.data.raycast import Box, Camera, cast, from_box, to_box

ROOM = Box((0, 1.5, 0), (3, 1.5, 4))
HEIGHT, WIDTH = 30, 40


def picture(camera, boxes=(), room=ROOM):
    x, y = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    rays = camera.rays(x, y, HEIGHT, WIDTH)
    return rays, cast(camera, rays, room, boxes)


def scene(seed):
    rng = np.random.default_rng(seed)
    camera = Camera((0.2, 1.4, -3.5), *rng.uniform((-0.6, -0.2), (0.6, 0.5)), 35.0)
    boxes = [
        Box(tuple(rng.uniform((-3, 0, -2), (3, 3, 4))), tuple(rng.uniform(0.05, 0.8, 3)), rng.uniform(0, 3))
        for _ in range(6)
    ]
    return camera, boxes


def test_depth_is_along_the_optical_axis():
    """A wall straight ahead has one depth everywhere, however oblique the ray."""
    _, hits = picture(Camera((0, 1.5, -1), 0, 0, 40))
    ahead = (hits.box == 0) & (hits.face == 5)
    assert ahead.any()
    np.testing.assert_allclose(hits.depth[ahead], 5)


def test_by_hand():
    # A box whose front is 2 m ahead, 1 m wide and high, seen at 40 pixels a metre and metre of distance.
    box = Box((0, 1.5, 1.5), (0.5, 0.5, 0.5))
    _, hits = picture(Camera((0, 1.5, -1), 0, 0, 40), [box])
    front = hits.box == 1
    assert front.sum() == 20 * 20
    np.testing.assert_allclose(hits.depth[front], 2)
    assert set(hits.face[front]) == {4}
    # The floor under the middle column: 1.5 m below, at the angle of the row.
    row = HEIGHT - 1
    _, hits = picture(Camera((0, 1.5, -1), 0, 0, 20))
    assert hits.depth[row, 20] == pytest.approx(1.5 * 20 / (row + 0.5 - HEIGHT / 2))
    assert hits.face[row, 20] == 2


def test_yaw_is_to_the_right_and_pitch_downwards():
    rays, _ = picture(Camera((0, 1.5, 0), np.pi / 2, 0, 40))
    np.testing.assert_allclose(rays.mean((0, 1)), [1, 0, 0], atol=1e-9)
    rays, _ = picture(Camera((0, 1.5, 0), 0, 0.3, 40))
    np.testing.assert_allclose(rays.mean((0, 1)), [0, -np.sin(0.3), np.cos(0.3)], atol=1e-9)
    rays, _ = picture(Camera((0, 1.5, 0), 0, 0, 40))
    assert rays[0, 0, 0] < 0 < rays[0, -1, 0]
    assert rays[0, 0, 1] > 0 > rays[-1, 0, 1]


@pytest.mark.parametrize("seed", range(8))
def test_hits_are_the_first_surfaces(seed):
    """Compare with another method: points sampled along each ray and tested for being in a box or outside the
    room."""
    camera, boxes = scene(seed)
    rays, hits = picture(camera, boxes)

    def within(points, box, margin):
        return (np.abs(to_box(points - box.centre, box.yaw)) < np.array(box.half) + margin).all(-1)

    for share in np.linspace(0.01, 0.999, 150):
        points = camera.position + rays * (share * hits.depth)[..., None]
        assert within(points, ROOM, 1e-9).all()
        assert not any(within(points, box, -1e-9).any() for box in boxes)
    # Just behind the surface a point is in the box that was hit, or outside the room.
    points = camera.position + rays * (hits.depth + 1e-6)[..., None]
    for number, box in enumerate((ROOM, *boxes)):
        met = hits.box == number
        assert (within(points, box, 1e-9)[met] == (number > 0)).all()
    # The point is on the named face.
    for number, box in enumerate((ROOM, *boxes)):
        met = hits.box == number
        axis, side = hits.face[met] // 2, np.where(hits.face[met] % 2, 1, -1)
        on_face = np.take_along_axis(hits.point[met], axis[:, None], 1)[:, 0]
        np.testing.assert_allclose(on_face, side * np.array(box.half)[axis], atol=1e-9)
        world = camera.position + rays[met] * hits.depth[met][:, None]
        np.testing.assert_allclose(from_box(hits.point[met], box.yaw) + box.centre, world, atol=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_windows_contain_every_visible_pixel(seed, monkeypatch):
    camera, boxes = scene(seed)
    fast = picture(camera, boxes)[1]
    monkeypatch.setattr(Camera, "window", lambda *_: (slice(None), slice(None)))
    for a, b in zip(fast, picture(camera, boxes)[1]):
        np.testing.assert_array_equal(a, b)
    assert len(np.unique(fast.box)) >= 2


def test_rotating_back_and_forth():
    vectors = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(from_box(to_box(vectors, 0.7), 0.7), vectors)
