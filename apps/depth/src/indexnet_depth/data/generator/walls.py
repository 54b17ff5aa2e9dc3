"""A room's shell and what is on its walls: doorways, doors, windows with curtains, pictures, lamps."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from indexnet_depth.data.generator.light import Lamp, Sun
from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.shell import WALLS, Doorway, Hall, Shell, Window, inner_yaw
from indexnet_depth.data.generator.solids import Solid, Triple, ball, box, cylinder, moved

__all__ = ["Built", "build", "draw_hall"]


class Built(NamedTuple):
    """A room without furniture."""

    shell: Shell
    solids: list[Solid]
    """Doors, frames, pictures, curtains, skirting, lamps at the ceiling."""
    lamps: list[Lamp]
    suns: list[Sun]


def draw_hall(palette: Palette, half: Triple, centre: Triple) -> Hall:
    """Draw the covering of a room: one for all walls, or another one for one of them."""
    wall, floor, ceiling = palette.wall(), palette.floor(), palette.ceiling()
    materials = [wall, wall, floor, ceiling, wall, wall]
    if palette.rng.random() < 0.3:
        materials[int(palette.rng.choice(WALLS))] = palette.wall()
    x, y, z = centre
    a, b, c = half
    return Hall((x, y, z), (a, b, c), tuple(materials))


def build(palette: Palette) -> Built:
    """Draw a room that stands on y = 0, about x = z = 0."""
    rng = palette.rng
    long = rng.random() < 0.15
    half = rng.uniform((1.2, 1.15, 1.4), (3.2, 1.6, 3.8))
    if long:  # a corridor
        half = rng.uniform((0.7, 1.15, 2.5), (1.2, 1.45, 5.5))
    if rng.random() < 0.5:
        half = half[[2, 1, 0]]
    hall = draw_hall(palette, half, (0, half[1], 0))
    doorways: list[Doorway] = []
    windows: list[Window] = []
    solids = _ceiling(palette, hall) if rng.random() < 0.2 else []
    lamps: list[Lamp] = []
    suns: list[Sun] = []
    day = rng.random() < 0.65
    for wall in WALLS:
        used: list[tuple[float, float]] = []
        kind = rng.random()
        if kind < 0.18 and len(doorways) < 2:
            doorways.append(_doorway(palette, hall, wall))
            used.append(doorways[-1].along)
            solids += _frame(palette, hall, wall, doorways[-1].along, doorways[-1].up, 0.0)
        elif kind < 0.5:
            for _ in range(1 if rng.random() < 0.6 else 2):
                window = _window(palette, hall, wall, day)
                if _crosses(window.along, used):
                    continue
                windows.append(window)
                used.append((window.along[0] - 0.4, window.along[1] + 0.4))
                solids += _window_frame(palette, hall, window)
                lamps += _daylight(palette, hall, window) if day else []
                if day and rng.random() < 0.3 and not suns:
                    suns.append(_sun(palette, hall, window))
        if rng.random() < 0.35:
            door = _span(palette, hall, wall, rng.uniform(0.7, 0.95), 0.1)
            if door is not None and not _crosses(door, used):
                used.append(door)
                solids += _door(palette, hall, wall, door)
        for _ in range(int(rng.integers(1, 6)) if rng.random() < 0.75 else 0):
            place = _span(palette, hall, wall, rng.uniform(0.2, 1.3), 0.1)
            if place is not None and not _crosses(place, used):
                used.append(place)
                solids += _picture(palette, hall, wall, place)
    if rng.random() < 0.7:
        solids += _skirting(palette, hall, [doorway.wall for doorway in doorways])
    if not day or not windows or rng.random() < 0.5:
        fixture, lamp = _ceiling_lamp(palette, hall)
        solids += fixture
        lamps.append(lamp)
    return Built(Shell(hall, tuple(doorways), tuple(windows)), solids, lamps, suns)


def _at(hall: Hall, wall: int, along: float, up: float) -> tuple[tuple[float, float, float], float]:
    """Return a point of a wall, and the yaw of something that hangs there."""
    axis = wall // 2
    place = list(hall.centre)
    place[axis] += (1 if wall % 2 else -1) * hall.half[axis]
    place[2 - axis], place[1] = along, up
    return (place[0], place[1], place[2]), inner_yaw(wall)


def _hung(hall: Hall, wall: int, along: float, up: float, solids: Sequence[Solid]) -> list[Solid]:
    """Hang solids, whose z axis leads into the room, at a point of a wall."""
    place, yaw = _at(hall, wall, along, up)
    return moved(solids, place, yaw)


def _span(palette: Palette, hall: Hall, wall: int, width: float, margin: float) -> tuple[float, float] | None:
    """Return where something of this width is along a wall, or None where the wall is too short."""
    along = 2 - wall // 2
    free = hall.half[along] - width / 2 - margin
    if free <= 0:
        return None
    middle = hall.centre[along] + palette.rng.uniform(-free, free)
    return middle - width / 2, middle + width / 2


def _crosses(span: tuple[float, float], used: Sequence[tuple[float, float]]) -> bool:
    return any(span[0] < high and low < span[1] for low, high in used)


def _doorway(palette: Palette, hall: Hall, wall: int) -> Doorway:
    """Draw an opening into another room: a door's, or most of the wall."""
    rng, axis = palette.rng, wall // 2
    longest = 2 * hall.half[2 - axis] - 0.2
    width = rng.uniform(0.75, 1.0) if rng.random() < 0.5 else rng.uniform(0.4, 1) * longest
    width = min(width, longest)
    high = rng.uniform(1.95, 2.2) if rng.random() < 0.7 else 2 * hall.half[1] - rng.uniform(0, 0.3)
    along = _span(palette, hall, wall, width, 0.05)
    if along is None:
        raise RuntimeError("a doorway is wider than its wall")  # its width was limited above
    half = rng.uniform((0.7, hall.half[1], 0.7), (2.5, hall.half[1] + 1e-3, 3.0))
    half[2 - axis] = max(half[2 - axis], width / 2 + 0.05)
    centre = [0.0, hall.half[1], 0.0]
    sign = 1 if wall % 2 else -1
    centre[axis] = hall.centre[axis] + sign * (hall.half[axis] + half[axis])
    slack = half[2 - axis] - width / 2
    centre[2 - axis] = sum(along) / 2 + rng.uniform(-slack, slack)
    beyond = draw_hall(palette, half, centre)
    if rng.random() < 0.6:
        beyond = beyond._replace(
            materials=tuple([hall.materials[0]] * 2 + list(hall.materials[2:4]) + [hall.materials[0]] * 2)
        )
    return Doorway(wall, along, (-1.0, min(high, 2 * hall.half[1] - 0.01)), beyond)


def _window(palette: Palette, hall: Hall, wall: int, day: bool) -> Window:
    """Draw a window; bright by day, dark at night."""
    rng, tall = palette.rng, 2 * hall.half[1]
    longest = 2 * hall.half[2 - wall // 2] - 0.3
    width = min(rng.uniform(0.5, 2.4), longest)
    along = _span(palette, hall, wall, width, 0.05) or (-width / 2, width / 2)
    low = 0.02 if rng.random() < 0.2 else rng.uniform(0.6, 1.1)
    high = min(tall - 0.1, max(low + 0.6, rng.uniform(1.8, 2.4)))
    outside = palette.picture(rng.uniform(0.6, 3) if day else rng.uniform(0.01, 0.05))
    if day and rng.random() < 0.4:  # mist or an overexposed sky
        red, green, blue = outside.high
        outside = outside._replace(low=(0.7 * red, 0.72 * green, 0.75 * blue))
    return Window(wall, along, (low, high), outside)


def _frame(
    palette: Palette, hall: Hall, wall: int, along: tuple[float, float], up: tuple[float, float], proud: float
) -> list[Solid]:
    """Draw the frame around an opening."""
    material, thick = palette.paint(), palette.rng.uniform(0.03, 0.06)
    low, high = max(up[0], 0.0), up[1]
    middle, half = sum(along) / 2, (along[1] - along[0]) / 2
    deep = 0.03 + proud
    tall = (high - low) / 2
    pieces = [box(material, (x, (low + high) / 2, 0), (thick, tall + thick, deep)) for x in (-half, half)]
    pieces.append(box(material, (0, high, 0), (half, thick, deep)))
    if up[0] > 0:
        pieces.append(box(material, (0, low, 0), (half, thick, deep)))
    return _hung(hall, wall, middle, 0.0, pieces)


def _window_frame(palette: Palette, hall: Hall, window: Window) -> list[Solid]:
    """Draw bars, a sill, curtains or a blind, and a radiator."""
    rng = palette.rng
    middle, half = sum(window.along) / 2, (window.along[1] - window.along[0]) / 2
    low, high = window.up
    solids = _frame(palette, hall, window.wall, window.along, window.up, 0.0)
    material = palette.paint()
    bars = [
        box(material, (x, (low + high) / 2, 0), (0.015, (high - low) / 2, 0.02))
        for x in np.linspace(-half, half, int(rng.integers(2, 5)))[1:-1]
    ]
    if rng.random() < 0.4:
        bars.append(box(material, (0, low + (high - low) * rng.uniform(0.4, 0.75), 0), (half, 0.015, 0.02)))
    if low > 0.3 and rng.random() < 0.6:
        bars.append(box(material, (0, low - 0.02, 0.08), (half + 0.08, 0.02, 0.09)))
    if low > 0.5 and rng.random() < 0.4:
        bars.append(box(palette.paint(), (0, low / 2, 0.08), (half * 0.9, low * 0.36, 0.05)))
    if rng.random() < 0.6:
        cloth, bottom = palette.curtain(), 0.05 if rng.random() < 0.6 else max(0.05, low - 0.15)
        top = min(high + 0.15, 2 * hall.half[1] - 0.03)
        for side in (-1, 1):
            wide = rng.uniform(0.08, 0.6) * half
            folds = int(rng.integers(2, 6))
            for number in range(folds):
                x = side * (half + 0.1 - wide * (2 * number + 1) / folds)
                axes_half = (wide / folds * 1.15, (top - bottom) / 2, 0.03 + 0.02 * (number % 2))
                fold = cylinder(cloth, (x, (top + bottom) / 2, 0.1), 1, 1)._replace(half=axes_half)
                bars.append(fold)
        if rng.random() < 0.7:
            bars.append(box(palette.metal(), (0, top, 0.1), (half + 0.3, 0.012, 0.012)))
    elif rng.random() < 0.3:
        drop = rng.uniform(0.1, 0.7) * (high - low)
        bars.append(box(palette.curtain(), (0, high - drop / 2, 0.05), (half, drop / 2, 0.004)))
    return solids + _hung(hall, window.wall, middle, 0.0, bars)


def _daylight(palette: Palette, hall: Hall, window: Window) -> list[Lamp]:
    """Return the window as a source of light."""
    place, yaw = _at(hall, window.wall, sum(window.along) / 2, sum(window.up) / 2)
    area = (window.along[1] - window.along[0]) * (window.up[1] - window.up[0])
    strength = area * palette.rng.uniform(0.4, 1.6)
    blue = palette.rng.uniform(1, 1.25)
    colour = (strength, strength * (0.5 + 0.5 * blue), strength * blue)
    return [Lamp(place, colour, facing=(math.sin(yaw), 0.0, math.cos(yaw)))]


def _sun(palette: Palette, hall: Hall, window: Window) -> Sun:
    rng, axis = palette.rng, window.wall // 2
    (place, yaw), height = _at(hall, window.wall, 0, 0), rng.uniform(0.3, 1.1)
    away = yaw + math.pi + rng.uniform(-0.9, 0.9)
    direction = (
        math.cos(height) * math.sin(away),
        math.sin(height),
        math.cos(height) * math.cos(away),
    )
    strength = rng.uniform(1, 5)
    colour = (strength, strength * 0.93, strength * rng.uniform(0.65, 0.9))
    return Sun(direction, colour, axis, place[axis], window.along, window.up)


def _door(palette: Palette, hall: Hall, wall: int, span: tuple[float, float]) -> list[Solid]:
    """Draw a closed door with its frame, panels and handle."""
    rng, leaf = palette.rng, palette.wood()
    half, high = (span[1] - span[0]) / 2, min(rng.uniform(1.95, 2.15), 2 * hall.half[1] - 0.05)
    pieces = [box(leaf, (0, high / 2, 0), (half - 0.04, high / 2, rng.uniform(0.01, 0.04)))]
    if rng.random() < 0.5:
        panel = palette.paint() if rng.random() < 0.3 else leaf
        for y in (0.27, 0.73):
            pieces.append(box(panel, (0, high * y, 0.03), (half * 0.65, high * 0.18, 0.02)))
    side = float(rng.choice([-1, 1]))
    pieces.append(box(palette.metal(), (side * (half - 0.14), 1.0, 0.06), (0.06, 0.01, 0.015)))
    return _hung(hall, wall, sum(span) / 2, 0.0, pieces) + _frame(palette, hall, wall, span, (0.0, high), 0.0)


def _picture(palette: Palette, hall: Hall, wall: int, span: tuple[float, float]) -> list[Solid]:
    """Draw a framed photograph, a mirror-like plate, a shelf board, a clock or a switch."""
    rng, half = palette.rng, (span[1] - span[0]) / 2
    up = rng.uniform(1.2, min(2.0, 2 * hall.half[1] - 0.5))
    kind = rng.random()
    if kind < 0.7:
        high, edge = half * rng.uniform(0.6, 1.3), rng.uniform(0.008, 0.04)
        high = min(high, 2 * hall.half[1] - up - 0.05)
        thick = rng.uniform(0.006, 0.025)
        pieces = [
            box(palette.wood(), (0, 0, thick), (half, high, thick)),
            box(palette.picture(), (0, 0, thick + 0.002), (half - edge, high - edge, thick)),
        ]
        if rng.random() < 0.4 and high > 0.15:  # a mount around a smaller picture
            pieces[1] = box(palette.paint(), (0, 0, thick + 0.002), (half - edge, high - edge, thick))
            inner = (half - edge) * 0.7, (high - edge) * 0.7
            pieces.append(box(palette.picture(), (0, 0, thick + 0.003), (*inner, thick)))
    elif kind < 0.82:
        pieces = [box(palette.wood(), (0, 0, 0.1), (half, 0.012, 0.1))]
        pieces += [
            box(
                palette.books(), (rng.uniform(-0.5, 0.5) * half, 0.012 + 0.11, 0.08), (half * 0.4, 0.11, 0.07)
            )
        ]
    elif kind < 0.9:
        pieces = [box(palette.paint(), (0, -up + 0.3 + up / 2, 0.1), (half, 0.25, 0.1))]
    else:
        size = min(half, 0.2)
        pieces = [ball(palette.paint(), (0, 0, 0), (size, size, 0.03))]
    return _hung(hall, wall, sum(span) / 2, up, pieces)


def _skirting(palette: Palette, hall: Hall, open_walls: Sequence[int]) -> list[Solid]:
    """Draw boards along the foot of the walls without an opening."""
    material, high = palette.paint(), palette.rng.uniform(0.03, 0.07)
    found = []
    for wall in set(WALLS) - set(open_walls):
        along = 2 - wall // 2
        board = box(material, (0, high, 0), (hall.half[along], high, 0.012))
        found += _hung(hall, wall, hall.centre[along], 0.0, [board])
    return found


def _ceiling(palette: Palette, hall: Hall) -> list[Solid]:
    """Draw beams below the ceiling."""
    rng, wood, top = palette.rng, palette.wood(), 2 * hall.half[1]
    thick = rng.uniform(0.04, 0.12)
    return [
        box(wood, (x, top - thick, 0), (thick * 0.7, thick, hall.half[2]))
        for x in np.linspace(-hall.half[0], hall.half[0], int(rng.integers(3, 8)))
    ]


def _ceiling_lamp(palette: Palette, hall: Hall) -> tuple[list[Solid], Lamp]:
    """Draw a lamp at the ceiling and its light: a disc, a panel, or a shade on a cord."""
    rng, top = palette.rng, 2 * hall.half[1]
    x, z = rng.uniform(-0.5, 0.5, 2) * (hall.half[0], hall.half[2])
    glow = palette.shade()
    kind, drop = rng.random(), 0.05
    if kind < 0.3:
        radius = rng.uniform(0.1, 0.25)
        solids = [cylinder(glow, (x, top - 0.03, z), radius, 0.03)]
    elif kind < 0.55:
        solids = [box(glow, (x, top - 0.01, z), rng.uniform((0.15, 0.01, 0.15), (0.6, 0.02, 0.6)))]
    else:
        drop, radius = rng.uniform(0.3, 0.9), rng.uniform(0.12, 0.25)
        solids = [
            cylinder(palette.dark(), (x, top - drop / 2, z), 0.005, drop / 2),
            cylinder(glow, (x, top - drop, z), radius, radius * rng.uniform(0.4, 0.9)),
        ]
        drop += radius
    strength = rng.uniform(1, 4)
    colour = (strength, strength * rng.uniform(0.8, 1), strength * rng.uniform(0.55, 1))
    return solids, Lamp((float(x), float(top - drop - 0.02), float(z)), colour, casts=True)
