"""Tables: for meals with chairs around them, desks, low and round ones; with things on them."""

import numpy as np

from indexnet_depth.data.generator.furniture.clutter import things, things_on
from indexnet_depth.data.generator.furniture.piece import Piece
from indexnet_depth.data.generator.furniture.seats import chair_solids
from indexnet_depth.data.generator.materials import Material
from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.solids import Solid, box, cylinder, moved

__all__ = ["coffee_table", "desk", "dining_table", "round_table", "table_solids"]


def table_solids(
    palette: Palette, half: tuple[float, float], height: float, wood: Material | None = None
) -> list[Solid]:
    """Draw a table on four legs, its top at ``height``."""
    rng, (wide, deep) = palette.rng, half
    wood = wood or palette.wood()
    thick, leg = rng.uniform(0.01, 0.03), rng.uniform(0.015, 0.045)
    found = [box(wood, (0, height - thick, 0), (wide, thick, deep))]
    round_legs, inset = rng.random() < 0.3, leg + rng.uniform(0, 0.08)
    legs = wood if rng.random() < 0.7 else palette.metal()
    up = height / 2 - thick
    for x in (inset - wide, wide - inset):
        for z in (inset - deep, deep - inset):
            if round_legs:
                found.append(cylinder(legs, (x, up, z), leg, up))
            else:
                found.append(box(legs, (x, up, z), (leg, up, leg)))
    if rng.random() < 0.5:
        apron = rng.uniform(0.03, 0.06)
        for z in (inset - deep, deep - inset):
            found.append(box(wood, (0, height - 2 * thick - apron, z), (wide - inset, apron, 0.01)))
    return found


def dining_table(palette: Palette) -> Piece:
    """Draw a table with chairs on its long sides and perhaps its ends."""
    rng = palette.rng
    wide, deep, height = rng.uniform((0.5, 0.38, 0.7), (1.1, 0.55, 0.78))
    solids = table_solids(palette, (wide, deep), height)
    solids += things_on(palette, (wide, deep), height, int(rng.integers(0, 6)))
    chair = chair_solids(palette)
    seats = max(1, int(wide / 0.33))
    for side in (-1, 1):
        for number in range(seats):
            if rng.random() < 0.8:
                x = (2 * (number + 0.5) / seats - 1) * wide * 0.85
                away = deep + rng.uniform(-0.05, 0.25)
                yaw = (0 if side < 0 else np.pi) + rng.normal(0, 0.12)
                solids += moved(chair, (x, 0, side * away), yaw)
    for side in (-1, 1):
        if rng.random() < 0.4:
            away = side * (wide + rng.uniform(0, 0.25))
            solids += moved(chair, (away, 0, 0), -side * np.pi / 2 + rng.normal(0, 0.12))
    return Piece(solids, (wide + 0.3, deep + 0.4), "free")


def coffee_table(palette: Palette) -> Piece:
    """Draw a low table."""
    rng = palette.rng
    wide, deep, height = rng.uniform((0.35, 0.25, 0.35), (0.65, 0.4, 0.5))
    solids = table_solids(palette, (wide, deep), height)
    solids += things_on(palette, (wide, deep), height, int(rng.integers(0, 5)))
    return Piece(solids, (wide, deep))


def round_table(palette: Palette) -> Piece:
    """Draw a round table on one column."""
    rng, wood = palette.rng, palette.wood()
    radius, height = rng.uniform((0.22, 0.42), (0.6, 0.78))
    solids = [
        cylinder(wood, (0, height - 0.015, 0), radius, 0.015),
        cylinder(wood, (0, height / 2, 0), rng.uniform(0.03, 0.07), height / 2 - 0.03),
        cylinder(wood, (0, 0.015, 0), radius * 0.6, 0.015),
    ]
    solids += things_on(palette, (radius * 0.7, radius * 0.7), height, int(rng.integers(0, 4)))
    return Piece(solids, (radius, radius))


def desk(palette: Palette) -> Piece:
    """Draw a desk with drawers at one side, a monitor, things, and perhaps a chair."""
    rng, wood = palette.rng, palette.wood()
    wide, deep, height = rng.uniform((0.5, 0.3, 0.7), (0.95, 0.42, 0.77))
    solids = [box(wood, (0, height - 0.015, 0), (wide, 0.015, deep))]
    up = height / 2 - 0.015
    solids += [box(wood, (x, up, 0), (0.015, up, deep - 0.03)) for x in (0.02 - wide, wide - 0.02)]
    if rng.random() < 0.7:
        side = float(rng.choice([-1, 1]))
        x, front = side * (wide - 0.23), palette.wood()
        solids.append(box(wood, (x, up, 0), (0.2, up, deep - 0.05)))
        drawer = up * 2 / 3
        for number in range(3):
            place = (x, (number + 0.5) * drawer, deep - 0.045)
            solids.append(box(front, place, (0.19, drawer / 2 - 0.01, 0.01)))
    x = rng.uniform(-0.4, 0.4) * wide
    if rng.random() < 0.75:
        solids += moved(things["monitor"](palette), (x, height, -0.4 * deep), rng.normal(0, 0.2))
    solids += things_on(palette, (wide, deep * 0.8), height, int(rng.integers(1, 7)))
    if rng.random() < 0.7:
        solids += moved(chair_solids(palette), (x, 0, deep + rng.uniform(0, 0.3)), np.pi + rng.normal(0, 0.4))
    return Piece(solids, (wide, deep), "wall")
