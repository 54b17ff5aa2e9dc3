import numpy as np
import pytest

from indexnet_depth.data.generator.lens import Lens, View
from indexnet_depth.data.generator.materials import plain
from indexnet_depth.data.generator.room import FARTHEST, Scene, draw_room, draw_scene, render
from indexnet_depth.data.generator.shell import Hall, Shell, Window
from indexnet_depth.data.generator.solids import ball, box
from indexnet_depth.data.generator.textures import TextureBank

VIEW = View(57, 76)
WHITE = plain((0.8, 0.8, 0.8))
ROOM = Hall((0, 1.25, 0), (2, 1.25, 3), (WHITE,) * 6)


def scene(shell: Shell, *solids: object) -> Scene:
    lens = Lens.looking((0, 1.25, -2), 0.0)
    return Scene(lens, shell, list(solids), [], [], (1, 1, 1), 0.1)  # type: ignore[arg-type]


def test_windows_and_what_is_too_far_have_no_depth(bank: TextureBank) -> None:
    shell = Shell(ROOM, windows=(Window(5, (-0.5, 0.5), (0.9, 1.6), plain((1, 1, 1), emission=3)),))
    light, depth = render(scene(shell), VIEW, bank)
    assert depth[28, 38] == 0
    assert light[28, 38].min() > 2
    assert depth[28, 5] > 0
    long = Shell(ROOM._replace(centre=(0, 1.25, 6), half=(2, 1.25, 9)))
    _, depth = render(scene(long), VIEW, bank)
    assert depth[28, 38] == 0
    assert 0 < depth.max() <= FARTHEST


def test_borders_are_mixed_and_depth_is_not(bank: TextureBank) -> None:
    black = ball(plain((0, 0, 0)), (0, 1.25, 0), (0.3, 0.3, 0.3))
    light, depth = render(scene(Shell(ROOM), black), VIEW, bank)
    assert light[28, 38].max() == 0
    assert depth[28, 38] == pytest.approx(1.7, abs=1e-3)
    inside = depth < 2.5
    shares = light[..., 0] / light[..., 0].max()
    assert ((shares > 0.1) & (shares < 0.6)).sum() > 5  # mixed pixels around the ball
    row = depth[28, 28:48]
    assert ((row < 2.05) | (row > 4.9)).all()  # no depth between the ball and the wall
    assert inside.sum() == pytest.approx(np.pi * (0.3 / 2 / (2 * 0.5543 / 76)) ** 2, rel=0.1)


def test_the_floor_below_a_box_is_darker(bank: TextureBank) -> None:
    lens = Lens.looking((0, 1.6, -2.5), 0.0, 0.5)
    chest = box(plain((0.8, 0.8, 0.8)), (0, 0.4, 0.5), (0.4, 0.4, 0.4))
    empty, full = (
        render(Scene(lens, Shell(ROOM), solids, [], [], (1, 1, 1), 0.1), VIEW, bank)[0]
        for solids in ([], [chest])
    )
    surfaces = render(Scene(lens, Shell(ROOM), [chest], [], [], (1, 1, 1), 0.1), VIEW, bank)[1]
    flat = render(Scene(lens, Shell(ROOM), [], [], [], (1, 1, 1), 0.1), VIEW, bank)[1]
    same = surfaces == flat
    middle = np.flatnonzero(~same[:, 38]).max() + 1  # the first row of floor below the box
    assert full[middle : middle + 2, 38].mean() < empty[middle : middle + 2, 38].mean() - 0.03
    assert full[-2:, 38].mean() == pytest.approx(empty[-2:, 38].mean(), abs=0.02)


def test_rooms_are_functions_of_their_generator(bank: TextureBank) -> None:
    (first, lens), (again, _), (other, _) = (
        draw_room(VIEW, np.random.default_rng(seed), bank) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.depth, again.depth)
    assert not np.array_equal(first.depth, other.depth)
    assert 45 <= lens.field_of_view <= 75


def test_rooms_have_usual_depths_and_no_sample_is_empty(bank: TextureBank) -> None:
    medians = []
    for seed in range(40):
        frame, _ = draw_room(VIEW, np.random.default_rng([7, seed]), bank)
        known = frame.depth > 0
        assert known.mean() > 0.5
        assert frame.depth.max() <= FARTHEST
        assert np.isfinite(frame.image).all()
        assert frame.image.std() > 0.01
        assert frame.depth[known].min() > 0.1
        medians.append(np.median(frame.depth[known]))
    assert 1.5 < np.median(medians) < 3.5
    assert min(medians) < 1.6
    assert max(medians) > 3


def test_cameras_differ(bank: TextureBank) -> None:
    scenes = [draw_scene(np.random.default_rng([8, seed]), bank) for seed in range(30)]
    views = np.array([one.lens.field_of_view for one in scenes])
    heights = np.array([one.lens.position[1] for one in scenes])
    assert views.min() < 53
    assert views.max() > 65
    assert heights.min() < 1.1
    assert heights.max() > 1.5
    for one in scenes:
        offset = np.abs(np.array(one.lens.position) - one.shell.room.centre)
        assert (offset < one.shell.room.half).all()
