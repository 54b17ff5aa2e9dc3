"""Every piece: it stands on the floor, keeps to its place, and has a usual size."""

import numpy as np
import pytest

from indexnet_depth.data.generator.casting import corners_of
from indexnet_depth.data.generator.furniture import FURNITURE
from indexnet_depth.data.generator.furniture.clutter import things_on
from indexnet_depth.data.generator.furniture.tables import table_solids
from indexnet_depth.data.generator.palette import Palette

TRIES = 12


def lowest(solids) -> np.ndarray:  # type: ignore[no-untyped-def]
    """The lowest point of each solid's enclosing box; exact for upright boxes and cylinders."""
    return corners_of(solids)[..., 1].min(1)


@pytest.mark.parametrize("name", FURNITURE)
def test_pieces_stand_on_the_floor(palette: Palette, name: str) -> None:
    for _ in range(TRIES):
        solids = FURNITURE[name][0](palette).solids
        upright = [one for one in solids if np.allclose(one.axes[1], (0, 1, 0))]
        assert upright or name == "toys"  # a picture frame that leans may be all there is
        assert not upright or lowest(upright).min() == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("name", FURNITURE)
def test_pieces_keep_to_their_place(palette: Palette, name: str) -> None:
    for _ in range(TRIES):
        piece = FURNITURE[name][0](palette)
        if not piece.solids:
            continue
        corners = corners_of(piece.solids)
        assert 0.02 < corners[..., 1].max() < 3.0
        assert corners[..., 2].min() > -piece.half[1] - 0.45
        assert np.abs(corners[..., 0]).max() < piece.half[0] + 0.6
        assert all(weight > 0 for weight in piece.half)


def test_legs_carry_the_top(palette: Palette) -> None:
    solids = table_solids(palette, (0.6, 0.4), 0.75)
    top, legs = solids[0], solids[1:5]
    assert top.centre[1] + top.half[1] == pytest.approx(0.75)
    for leg in legs:
        assert leg.centre[1] - leg.half[1] == pytest.approx(0)
        assert leg.centre[1] + leg.half[1] == pytest.approx(top.centre[1] - top.half[1])
        assert abs(leg.centre[0]) + leg.half[0] <= 0.6
        assert abs(leg.centre[2]) + leg.half[2] <= 0.4


def test_things_stand_on_the_table(palette: Palette) -> None:
    for _ in range(TRIES):
        solids = [one for one in things_on(palette, (0.5, 0.3), 0.74, 1) if one.kind != "ball"]
        if solids:
            assert lowest(solids).min() == pytest.approx(0.74, abs=0.02)


def test_a_floor_lamp_lights_where_its_shade_is(palette: Palette) -> None:
    lamps = [piece for piece in (FURNITURE["floor lamp"][0](palette) for _ in range(20)) if piece.lamps]
    assert lamps
    for piece in lamps:
        assert piece.lamps[0].position[1] == piece.solids[-1].centre[1]
        assert piece.solids[-1].material.emission > 0
