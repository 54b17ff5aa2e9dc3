"""Where furniture stands: on the floor in the camera's view, along walls or free, without overlap."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from indexnet_depth.data.generator.furniture import FURNITURE
from indexnet_depth.data.generator.furniture.piece import Piece
from indexnet_depth.data.generator.light import Lamp
from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.shell import WALLS, Doorway, Hall, inner_yaw
from indexnet_depth.data.generator.solids import Solid, moved

__all__ = ["Place", "furnish", "overlaps"]

_TRIES = 8
_CLEAR = 0.45  # m around the camera without furniture
_WIDE = math.radians(48)  # half of the angle in which furniture is placed


class Place(NamedTuple):
    """A rectangle of the floor, its sides along x and z."""

    x: float
    z: float
    half_x: float
    half_z: float


def furnish(
    hall: Hall,
    eye: Sequence[float],
    yaw: float,
    palette: Palette,
    doorways: Sequence[Doorway] = (),
    count: int = 6,
) -> tuple[list[Solid], list[Lamp]]:
    """Draw furniture and place it where the camera looks.

    Args:
        hall: the room.
        eye: position of the camera.
        yaw: its direction in radians.
        palette: materials and generator.
        doorways: openings of this room, which stay clear.
        count: pieces that are tried.

    Returns:
        Solids in world axes, and lamps among them.
    """
    rng = palette.rng
    names = list(FURNITURE)
    weights = np.array([weight for _, weight in FURNITURE.values()])
    taken = [Place(eye[0], eye[2], _CLEAR, _CLEAR), *(_clear(hall, doorway) for doorway in doorways)]
    solids: list[Solid] = []
    lamps: list[Lamp] = []
    favourites = rng.choice(len(names), 4, p=weights / weights.sum())  # a room has several of a kind
    for number in range(count):
        chosen = (
            favourites[number % 4]
            if rng.random() < 0.4
            else rng.choice(len(names), p=weights / weights.sum())
        )
        piece = FURNITURE[names[int(chosen)]][0](palette)
        for _ in range(_TRIES):
            found = _against_wall(piece, hall, rng) if _at_wall(piece, rng) else _free(piece, hall, rng)
            if found is None:
                continue
            place, turned = found
            away = math.atan2(place.x - eye[0], place.z - eye[2])
            if abs(math.remainder(away - yaw, 2 * math.pi)) > _WIDE or overlaps(place, taken):
                continue
            taken.append(place)
            floor = hall.centre[1] - hall.half[1]
            solids += moved(piece.solids, (place.x, floor, place.z), turned)
            lamps += [
                lamp._replace(position=(place.x, floor + lamp.position[1], place.z)) for lamp in piece.lamps
            ]
            break
    return solids, lamps


def overlaps(place: Place, others: Sequence[Place]) -> bool:
    """Return whether a rectangle has points in common with one of the others."""
    return any(
        abs(place.x - other.x) < place.half_x + other.half_x
        and abs(place.z - other.z) < place.half_z + other.half_z
        for other in others
    )


def _at_wall(piece: Piece, rng: np.random.Generator) -> bool:
    return piece.stand == "wall" or (piece.stand == "any" and bool(rng.random() < 0.5))


def _against_wall(piece: Piece, hall: Hall, rng: np.random.Generator) -> tuple[Place, float] | None:
    """Return a place with the back to a wall, if it is long enough."""
    wall = int(rng.choice(WALLS))
    axis = wall // 2
    along = 2 - axis
    (wide, deep), gap = piece.half, rng.uniform(0.01, 0.08)
    room = hall.half[along] - wide - 0.02
    if room <= 0 or hall.half[axis] < deep + 0.5:
        return None
    centre = [hall.centre[0], hall.centre[2]]
    sign = 1 if wall % 2 else -1
    centre[axis // 2] += sign * (hall.half[axis] - deep - gap)
    centre[along // 2] += rng.uniform(-room, room)
    half = (wide, deep) if axis == 2 else (deep, wide)
    return Place(centre[0], centre[1], *half), inner_yaw(wall)


def _free(piece: Piece, hall: Hall, rng: np.random.Generator) -> tuple[Place, float] | None:
    """Return a place anywhere, along the walls or turned."""
    if rng.random() < 0.6:
        turned = float(rng.choice([0, 0.5, 1, 1.5])) * math.pi
    else:
        turned = rng.uniform(0, 2 * math.pi)
    cosine, sine = abs(math.cos(turned)), abs(math.sin(turned))
    half_x = piece.half[0] * cosine + piece.half[1] * sine
    half_z = piece.half[0] * sine + piece.half[1] * cosine
    room = (hall.half[0] - half_x, hall.half[2] - half_z)
    if min(room) <= 0:
        return None
    x, z = rng.uniform((-room[0], -room[1]), room)
    return Place(hall.centre[0] + x, hall.centre[2] + z, half_x, half_z), turned


def _clear(hall: Hall, doorway: Doorway) -> Place:
    """Return the floor before a doorway."""
    axis = doorway.wall // 2
    middle, half = sum(doorway.along) / 2, (doorway.along[1] - doorway.along[0]) / 2
    at = hall.centre[axis] + (1 if doorway.wall % 2 else -1) * hall.half[axis]
    return Place(at, middle, 0.5, half) if axis == 0 else Place(middle, at, half, 0.5)
