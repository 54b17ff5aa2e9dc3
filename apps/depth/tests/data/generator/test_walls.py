import numpy as np

from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.shell import inner_yaw
from indexnet_depth.data.generator.textures import TextureBank
from indexnet_depth.data.generator.walls import build


def test_openings_are_in_their_walls_and_rooms_behind_begin_there(bank: TextureBank) -> None:
    doorways = windows = 0
    for seed in range(30):
        built = build(Palette(bank, np.random.default_rng(seed)))
        room = built.shell.room
        for opening in (*built.shell.doorways, *built.shell.windows):
            along = 2 - opening.wall // 2
            assert abs(np.array(opening.along)).max() <= room.half[along] + 1e-9
            assert opening.up[0] < opening.up[1] <= 2 * room.half[1]
        for doorway in built.shell.doorways:
            axis, sign = doorway.wall // 2, 1 if doorway.wall % 2 else -1
            begins = doorway.beyond.centre[axis] - sign * doorway.beyond.half[axis]
            assert np.isclose(begins, room.centre[axis] + sign * room.half[axis])
            along = 2 - axis
            low = doorway.beyond.centre[along] - doorway.beyond.half[along]
            high = doorway.beyond.centre[along] + doorway.beyond.half[along]
            assert low <= doorway.along[0]
            assert doorway.along[1] <= high
        assert built.lamps or built.shell.windows
        doorways, windows = doorways + len(built.shell.doorways), windows + len(built.shell.windows)
    assert doorways > 5
    assert windows > 10


def test_what_hangs_on_a_wall_looks_into_the_room() -> None:
    for wall, inwards in ((0, (1, 0)), (1, (-1, 0)), (4, (0, 1)), (5, (0, -1))):
        yaw = inner_yaw(wall)
        np.testing.assert_allclose((np.sin(yaw), np.cos(yaw)), inwards, atol=1e-12)
