"""Ray casting: the first surface on each ray, exactly.

Surfaces are numbered: the six faces of the room, those of the room behind each doorway, the windows, then the
solids, one each.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.generator.shell import Doorway, Hall, Shell, Window
from indexnet_depth.data.generator.solids import Solid, Vector

__all__ = ["Hits", "cast", "cast_solids", "corners_of", "first_solid"]

Plane = NDArray[np.float32]

_NEAR = np.float32(1e-3)  # m; nearer surfaces are behind the camera
_TINY = np.float32(1e-20)  # added to directions, so that a ray parallel to a face divides by no zero
_SIGNS = np.stack(np.meshgrid([-1, 1], [-1, 1], [-1, 1]), -1).reshape(8, 3)


class Hits(NamedTuple):
    """The points that rays hit."""

    depth: Plane
    """(…) in units of the rays' directions: metres along the optical axis."""
    surface: NDArray[np.int32]
    """(…) number of the surface."""


def cast(
    position: Vector, rays: Plane, shell: Shell, solids: Sequence[Solid], windows: NDArray[np.intp]
) -> Hits:
    """Find the first surface on each ray.

    Args:
        position: where all rays begin, inside the room and outside the solids.
        rays: float32 (3, …, H, W), the directions.
        shell: the room.
        solids: furniture in any room.
        windows: (N, 4) rows and columns in which each solid may be visible, from `Lens.windows`.
    """
    hits = _cast_shell(position, rays, shell)
    cast_solids(position, rays, solids, windows, hits, first_solid(shell))
    return hits


def first_solid(shell: Shell) -> int:
    """Return the number of the first solid's surface."""
    return 6 * (1 + len(shell.doorways)) + len(shell.windows)


def corners_of(solids: Sequence[Solid]) -> NDArray[np.float64]:
    """Return the corners of the box that encloses each solid, (N, 8, 3) in world axes."""
    half = np.array([solid.half for solid in solids]).reshape(-1, 1, 3)
    axes = np.array([solid.axes for solid in solids]).reshape(-1, 3, 3)
    centre = np.array([solid.centre for solid in solids]).reshape(-1, 1, 3)
    return np.asarray((half * _SIGNS) @ axes + centre)


def cast_solids(
    position: Vector,
    rays: Plane,
    solids: Sequence[Solid],
    windows: NDArray[np.intp],
    hits: Hits,
    first: int,
) -> None:
    """Replace the hits that a solid is in front of; arguments as for `cast`, ``first`` their first number."""
    eye = np.asarray(position)
    with np.errstate(invalid="ignore", over="ignore"):
        for number, (solid, (top, bottom, left, right)) in enumerate(zip(solids, windows.tolist())):
            if bottom <= top or right <= left:
                continue
            part = (..., slice(top, bottom), slice(left, right))
            # The solid's own axes, in which it is the unit box, cylinder or ball.
            into = (solid.axes / np.array(solid.half)[:, None]).astype(np.float32)
            start = (into @ (eye - solid.centre)).astype(np.float32)
            x, y, z = rays[(0, *part)], rays[(1, *part)], rays[(2, *part)]
            along = [row[0] * x + row[1] * y + row[2] * z + _TINY for row in into]
            near, far = _SPANS[solid.kind](start, along)
            before = hits.depth[part]
            hit = (near <= far) & (near > _NEAR) & (near < before)
            np.copyto(before, near, where=hit)
            np.copyto(hits.surface[part], np.int32(first + number), where=hit)


def _box_span(start: Plane, along: list[Plane]) -> tuple[Plane, Plane]:
    """Return where rays enter and leave the box [-1, 1]³; they miss it where near > far."""
    near, far = _slab(start[0], along[0])
    for axis in (1, 2):
        enters, leaves = _slab(start[axis], along[axis])
        np.maximum(near, enters, out=near)
        np.minimum(far, leaves, out=far)
    return near, far


def _cylinder_span(start: Plane, along: list[Plane]) -> tuple[Plane, Plane]:
    near, far = _round(start[[0, 2]], [along[0], along[2]])
    enters, leaves = _slab(start[1], along[1])
    np.maximum(near, enters, out=near)
    np.minimum(far, leaves, out=far)
    return near, far


def _ball_span(start: Plane, along: list[Plane]) -> tuple[Plane, Plane]:
    return _round(start, along)


_SPANS = {"box": _box_span, "cylinder": _cylinder_span, "ball": _ball_span}


def _slab(start: np.float32, along: Plane) -> tuple[Plane, Plane]:
    """Return where rays enter and leave -1 ≤ x ≤ 1."""
    inverse = np.asarray(1 / along, np.float32)
    middle, half = -start * inverse, np.abs(inverse)
    return middle - half, middle + half


def _round(start: Plane, along: list[Plane]) -> tuple[Plane, Plane]:
    """Return where rays enter and leave the circle or ball of radius 1; not a number where they miss it.

    About the point of a ray that is nearest to the centre: the usual formula subtracts large numbers where
    the camera is far away.
    """
    squared = sum(part * part for part in along)
    middle = -sum(begun * part for begun, part in zip(start, along)) / squared
    beside = sum((begun + middle * part) ** 2 for begun, part in zip(start, along))
    half = np.sqrt((1 - beside) / squared)
    return middle - half, middle + half


def _cast_shell(position: Vector, rays: Plane, shell: Shell) -> Hits:
    depth, face = _inside(position, rays, shell.room)
    number = 6
    found: list[tuple[Doorway | Window, NDArray[np.bool_]]] = []
    openings: list[Doorway | Window] = [*shell.doorways, *shell.windows]
    for opening in openings:
        axis = opening.wall // 2
        along = 2 - axis  # x in the near and far walls, z in the left and right ones
        inside = face == opening.wall
        for coordinate, (low, high) in ((along, opening.along), (1, opening.up)):
            place = position[coordinate] + depth * rays[coordinate]
            inside &= (place > low) & (place < high)
        found.append((opening, inside))
    surface = face.astype(np.int32)
    for opening, inside in found:
        if isinstance(opening, Window):
            surface[inside] = number
            number += 1
            continue
        depth[inside], faces = _inside(position, rays[:, inside], opening.beyond)
        surface[inside] = faces + number
        number += 6
    return Hits(depth, surface)


def _inside(position: Vector, rays: Plane, hall: Hall) -> tuple[Plane, NDArray[np.int32]]:
    """Return where rays leave a box, and through which face."""
    ends = []
    for axis in range(3):
        along = rays[axis] + _TINY
        half = np.float32(hall.half[axis])
        ends.append((np.copysign(half, along) - np.float32(position[axis] - hall.centre[axis])) / along)
    depth = np.minimum(np.minimum(ends[0], ends[1]), ends[2])
    through = np.where(ends[0] == depth, 0, np.where(ends[1] == depth, 1, 2))
    forwards = np.where(through == 0, rays[0] > 0, np.where(through == 1, rays[1] > 0, rays[2] > 0))
    return depth, (2 * through + forwards).astype(np.int32)
