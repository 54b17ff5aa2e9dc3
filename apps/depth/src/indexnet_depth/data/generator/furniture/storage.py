"""Cupboards, chests of drawers, shelves with books, kitchens, refrigerators."""

import numpy as np

from indexnet_depth.data.generator.furniture.clutter import things, things_on
from indexnet_depth.data.generator.furniture.piece import Piece
from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.solids import Solid, ball, box, cylinder, moved

__all__ = ["chest", "cupboard", "kitchen", "shelf", "sideboard", "stacked"]


def cupboard(palette: Palette) -> Piece:
    """Draw a tall cupboard, or a refrigerator."""
    rng = palette.rng
    wide, high, deep = rng.uniform((0.28, 0.75, 0.2), (0.8, 1.1, 0.34))
    solids = _front(
        palette, (wide, high, deep), columns=1 + int(wide > 0.4), rows=1 + int(rng.random() < 0.3)
    )
    return Piece(solids, (wide, deep), "wall")


def chest(palette: Palette) -> Piece:
    """Draw a chest of drawers with things on it."""
    rng = palette.rng
    wide, high, deep = rng.uniform((0.2, 0.2, 0.18), (0.6, 0.55, 0.28))
    solids = _front(palette, (wide, high, deep), columns=1, rows=int(rng.integers(2, 5)))
    solids += things_on(palette, (wide, deep), 2 * high, int(rng.integers(0, 4)))
    return Piece(solids, (wide, deep), "wall")


def sideboard(palette: Palette) -> Piece:
    """Draw a low sideboard with a television or things on it."""
    rng = palette.rng
    wide, high, deep = rng.uniform((0.5, 0.2, 0.2), (1.0, 0.42, 0.28))
    solids = _front(
        palette, (wide, high, deep), columns=int(rng.integers(2, 4)), rows=int(rng.integers(1, 3))
    )
    if rng.random() < 0.5:
        solids += moved(things["television"](palette), (rng.uniform(-0.3, 0.3) * wide, 2 * high, 0))
    solids += things_on(palette, (wide, deep), 2 * high, int(rng.integers(0, 5)))
    return Piece(solids, (wide, deep), "wall")


def kitchen(palette: Palette) -> Piece:
    """Draw kitchen cabinets below a worktop, and cabinets at the wall above them."""
    rng = palette.rng
    wide, deep = rng.uniform((0.6, 0.29), (1.5, 0.33))
    solids = _front(
        palette, (wide, 0.43, deep), columns=max(1, round(wide / 0.3)), rows=int(rng.integers(1, 3))
    )
    solids.append(box(palette.wood(), (0, 0.88, 0), (wide + 0.01, 0.02, deep + 0.015)))
    solids += things_on(palette, (wide, deep * 0.8), 0.9, int(rng.integers(1, 7)))
    if rng.random() < 0.75:
        high = rng.uniform(0.25, 0.4)
        above = _front(palette, (wide, high, 0.17), columns=max(1, round(wide / 0.3)), rows=1)
        solids += moved(above, (0, rng.uniform(1.35, 1.5), 0.17 - deep))
    return Piece(solids, (wide, deep), "wall")


def _front(palette: Palette, half: tuple[float, float, float], *, columns: int, rows: int) -> list[Solid]:
    """Draw a body on the floor, with doors or drawers and their handles in front."""
    rng, (wide, high, deep) = palette.rng, half
    wood, metal = palette.wood(), palette.metal()
    front = wood if rng.random() < 0.6 else palette.paint()
    solids = [box(wood, (0, high, 0), (wide, high, deep))]
    door_x, door_y = wide / columns, high / rows
    gap = rng.uniform(0.004, 0.015)
    knobs = rng.random() < 0.5
    for column in range(columns):
        for row in range(rows):
            x, y = (2 * column + 1) * door_x - wide, (2 * row + 1) * door_y
            solids.append(box(front, (x, y, deep + 0.008), (door_x - gap, door_y - gap, 0.009)))
            if knobs:
                solids.append(ball(metal, (x + 0.5 * door_x, y, deep + 0.03), (0.015,) * 3))
            else:
                solids.append(box(metal, (x, y + 0.3 * door_y, deep + 0.03), (0.35 * door_x, 0.008, 0.012)))
    return solids


def shelf(palette: Palette) -> Piece:
    """Draw a bookcase: boards, rows of books that do not fill them, and other things."""
    rng, wood = palette.rng, palette.wood()
    wide, high, deep = rng.uniform((0.3, 0.5, 0.12), (0.75, 1.1, 0.18))
    solids = [box(wood, (x, high, 0), (0.012, high, deep)) for x in (0.012 - wide, wide - 0.012)]
    if rng.random() < 0.8:
        solids.append(box(palette.wood(), (0, high, 0.006 - deep), (wide, high, 0.005)))
    levels = max(2, int(2 * high / rng.uniform(0.28, 0.42)))
    step = (2 * high - 0.024) / levels
    solids += [box(wood, (0, 0.012 + number * step, 0), (wide, 0.012, deep)) for number in range(levels + 1)]
    for number in range(levels):
        bottom, room = 0.024 + number * step, step - 0.03
        left = 0.03 - wide
        while left < wide - 0.1:
            row = min(rng.uniform(0.1, 1.2) * wide, (wide - 0.03 - left) / 2)
            tall = room * rng.uniform(0.55, 0.95) / 2
            if rng.random() < 0.7:
                back = deep * rng.uniform(0.55, 0.9)
                solids.append(
                    box(
                        palette.books(),
                        (left + row, bottom + tall, deep - back - 0.02),
                        (row, tall, back - 0.02),
                    )
                )
            elif rng.random() < 0.5:
                size = min(row, 0.12)
                if rng.random() < 0.5:
                    solids.append(
                        box(
                            palette.small(),
                            (left + size, bottom + tall * 0.8, 0),
                            (size, tall * 0.8, deep * 0.5),
                        )
                    )
                else:
                    solids.append(
                        cylinder(palette.small(), (left + size, bottom + tall, 0), size * 0.5, tall)
                    )
            left += 2 * row + rng.uniform(0, 0.1)
    if rng.random() < 0.4:
        solids += things_on(palette, (wide, deep), 2 * high, int(rng.integers(1, 4)))
    return Piece(solids, (wide, deep), "wall" if rng.random() < 0.9 else "any")


def stacked(palette: Palette) -> Piece:
    """Draw cartons on each other."""
    rng = palette.rng
    solids, bottom, wide = [], 0.0, rng.uniform(0.15, 0.4)
    for _ in range(int(rng.integers(1, 4))):
        half = np.minimum(rng.uniform((0.1, 0.06, 0.1), (0.35, 0.25, 0.35)), (wide, 1, wide))
        carton = box(palette.small(), (0, half[1], 0), half)
        solids += moved([carton], (0, bottom, 0), rng.normal(0, 0.3))
        bottom, wide = bottom + 2 * half[1], min(half[0], half[2])
    return Piece(solids, (0.4, 0.4))
