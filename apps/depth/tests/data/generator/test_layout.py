import math

import numpy as np

from indexnet_depth.data.generator.casting import corners_of
from indexnet_depth.data.generator.layout import Place, furnish, overlaps
from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.walls import draw_hall


def test_overlaps() -> None:
    place = Place(0, 0, 1, 0.5)
    assert overlaps(place, [Place(1.5, 0, 0.6, 0.1)])
    assert not overlaps(place, [Place(1.5, 0, 0.4, 0.1), Place(0, 1, 1, 0.4)])


def test_furniture_is_ahead_on_the_floor_and_between_the_walls(palette: Palette) -> None:
    hall = draw_hall(palette, (2.5, 1.25, 3.0), (0, 1.25, 0))
    eye, yaw = (0.0, 1.3, -2.5), 0.2
    for _ in range(6):
        solids, lamps = furnish(hall, eye, yaw, palette, count=8)
        assert solids
        corners = corners_of(solids)
        assert corners[..., 1].min() > -0.05
        assert np.abs(corners[..., 0]).max() < 2.5 + 0.5
        assert np.abs(corners[..., 2]).max() < 3.0 + 0.5
        for lamp in lamps:
            away = math.atan2(lamp.position[0] - eye[0], lamp.position[2] - eye[2])
            assert abs(away - yaw) < math.radians(60)
            assert 1 < lamp.position[1] < 2
