import numpy as np
import pytest

from indexnet_depth.data.generator.palette import Palette

NAMES = [
    "wall",
    "floor",
    "ceiling",
    "wood",
    "paint",
    "fabric",
    "curtain",
    "carpet",
    "books",
    "metal",
    "small",
    "dark",
    "leaf",
    "picture",
    "shade",
]


@pytest.mark.parametrize("name", NAMES)
def test_materials_reflect_no_more_than_all_light(palette: Palette, name: str) -> None:
    last = palette.bank.photographs[-1]
    for _ in range(30):
        material = getattr(palette, name)()
        colours = np.array([material.low, material.high])
        assert colours.min() >= 0
        assert colours.max() <= 1.1
        assert 0 <= material.texture <= last
        assert material.span >= 0
        assert material.emission >= 0


def test_woods_of_a_room_are_few(palette: Palette) -> None:
    woods = {material.high for material in (palette.wood() for _ in range(60)) if material.texture}
    hues = {tuple(np.round(np.array(high) / max(high), 1)) for high in woods if max(high) < 1}
    assert 1 <= len(hues) <= 3


def test_pictures_fill_their_face(palette: Palette) -> None:
    assert palette.picture().span == 0
    assert palette.picture().texture in palette.bank.photographs
