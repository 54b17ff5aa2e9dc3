"""Small things: on tables, on shelves and on the floor."""

import math

from indexnet_depth.data.generator.furniture.piece import Piece
from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.solids import Solid, ball, box, cylinder, moved, tilt, turn

__all__ = ["basket", "plant", "things", "things_on", "toys"]


def things_on(palette: Palette, half: tuple[float, float], height: float, count: int) -> list[Solid]:
    """Draw things that stand on a board, its upper side at ``height``."""
    rng, names = palette.rng, list(_SMALL)
    solids: list[Solid] = []
    for _ in range(count):
        name = names[int(rng.integers(len(names)))]
        x, z = rng.uniform(-0.85, 0.85) * half[0], rng.uniform(-0.75, 0.75) * half[1]
        solids += moved(_SMALL[name](palette), (x, height, z), rng.uniform(0, 2 * math.pi))
    return solids


def _books(palette: Palette) -> list[Solid]:
    """Draw a pile of books."""
    rng, bottom, solids = palette.rng, 0.0, []
    for _ in range(int(rng.integers(1, 4))):
        half = rng.uniform((0.07, 0.006, 0.1), (0.12, 0.02, 0.16))
        solids += moved([box(palette.small(), (0, half[1], 0), half)], (0, bottom, 0), rng.normal(0, 0.2))
        bottom += 2 * half[1]
    return solids


def _carton(palette: Palette) -> list[Solid]:
    half = palette.rng.uniform((0.03, 0.03, 0.03), (0.15, 0.14, 0.12))
    return [box(palette.small(), (0, half[1], 0), half)]


def _cup(palette: Palette) -> list[Solid]:
    radius, half = palette.rng.uniform((0.03, 0.03), (0.09, 0.07))
    return [cylinder(palette.small(), (0, half, 0), radius, half)]


def _bottle(palette: Palette) -> list[Solid]:
    rng, glass = palette.rng, palette.small()
    radius, half = rng.uniform((0.025, 0.07), (0.05, 0.13))
    return [
        cylinder(glass, (0, half, 0), radius, half),
        cylinder(glass, (0, 2.2 * half, 0), radius * 0.4, half * 0.25),
    ]


def _fruit(palette: Palette) -> list[Solid]:
    radius = palette.rng.uniform(0.03, 0.13)
    return [ball(palette.small(), (0, radius, 0), (radius,) * 3)]


def _vase(palette: Palette) -> list[Solid]:
    """Draw a vase with leaves in it."""
    rng, clay = palette.rng, palette.small()
    radius, half = rng.uniform((0.04, 0.06), (0.09, 0.14))
    return [
        cylinder(clay, (0, half, 0), radius, half),
        *_leaves(palette, 2 * half, rng.uniform(0.1, 0.25), 5),
    ]


def _table_lamp(palette: Palette) -> list[Solid]:
    rng = palette.rng
    height, radius = rng.uniform((0.25, 0.08), (0.5, 0.18))
    shade = palette.shade() if rng.random() < 0.5 else palette.fabric()
    return [
        cylinder(palette.metal(), (0, height / 2, 0), rng.uniform(0.015, 0.06), height / 2),
        cylinder(shade, (0, height, 0), radius, radius * 0.7),
    ]


def _frame(palette: Palette) -> list[Solid]:
    """Draw a photograph that leans backwards."""
    wide, high = palette.rng.uniform((0.06, 0.08), (0.14, 0.16))
    axes = tilt(-0.25)
    return [box(palette.picture(), (0, high, 0), (wide, high, 0.008), axes)]


def _monitor(palette: Palette) -> list[Solid]:
    return _screen(palette, palette.rng.uniform(0.2, 0.32), 0.1)


def _television(palette: Palette) -> list[Solid]:
    return _screen(palette, palette.rng.uniform(0.35, 0.65), 0.06)


def _screen(palette: Palette, wide: float, foot: float) -> list[Solid]:
    """Draw a screen, on or off; ``wide`` is half of its width."""
    rng, case, high = palette.rng, palette.dark(), wide * 0.58
    lit = palette.picture(rng.uniform(0.3, 1.2)) if rng.random() < 0.5 else palette.dark()
    return [
        box(case, (0, foot + high, 0), (wide, high, 0.02)),
        box(lit, (0, foot + high, 0.012), (wide - 0.012, high - 0.012, 0.01)),
        box(case, (0, foot / 2, -0.01), (0.03, foot / 2, 0.01)),
        box(case, (0, 0.008, 0), (wide * 0.45, 0.008, 0.09)),
    ]


def _laptop(palette: Palette) -> list[Solid]:
    case = palette.metal()
    lit = palette.picture(0.5) if palette.rng.random() < 0.5 else palette.dark()
    return [
        box(case, (0, 0.01, 0.1), (0.17, 0.01, 0.12)),
        box(case, (0, 0.12, -0.06), (0.17, 0.11, 0.006), tilt(-0.3)),
        box(lit, (0, 0.12, -0.057), (0.16, 0.1, 0.006), tilt(-0.3)),
    ]


def _leaves(palette: Palette, base: float, size: float, count: int) -> list[Solid]:
    """Draw leaves: flat ellipsoids that stand away from a stem."""
    rng, green = palette.rng, palette.leaf()
    found = []
    for number in range(count):
        angle, lift = 2.4 * number + rng.uniform(0, 1), rng.uniform(0.2, 1.2)
        up = base + size * (0.3 + 1.2 * number / count)
        along = size * math.cos(lift) * 0.7
        place = (along * math.sin(angle), up + size * math.sin(lift) * 0.4, along * math.cos(angle))
        axes = tilt(math.pi / 2 - lift) @ turn(angle)
        found.append(ball(green, place, (size * 0.28, size * 0.6, size * 0.04), axes))
    return found


def plant(palette: Palette) -> Piece:
    """Draw a plant in a pot on the floor."""
    rng = palette.rng
    radius, high, size = rng.uniform((0.1, 0.1, 0.2), (0.22, 0.25, 0.5))
    solids = [cylinder(palette.small(), (0, high, 0), radius, high)]
    solids.append(cylinder(palette.wood(), (0, 2 * high + size * 0.4, 0), 0.015, size * 0.5))
    return Piece(solids + _leaves(palette, 2 * high, size, int(rng.integers(6, 14))), (radius, radius))


def basket(palette: Palette) -> Piece:
    """Draw a bin, a basket or a bucket."""
    radius, half = palette.rng.uniform((0.1, 0.12), (0.2, 0.25))
    material = palette.fabric() if palette.rng.random() < 0.5 else palette.paint()
    return Piece([cylinder(material, (0, half, 0), radius, half)], (radius, radius))


def toys(palette: Palette) -> Piece:
    """Draw things that lie on the floor."""
    return Piece(things_on(palette, (0.4, 0.4), 0.0, int(palette.rng.integers(1, 6))), (0.45, 0.45))


things = {"monitor": _monitor, "television": _television}
"""Larger things for tables, by name; their foot is at y = 0."""

_SMALL = {
    "books": _books,
    "carton": _carton,
    "cup": _cup,
    "bottle": _bottle,
    "fruit": _fruit,
    "vase": _vase,
    "lamp": _table_lamp,
    "frame": _frame,
    "laptop": _laptop,
}
