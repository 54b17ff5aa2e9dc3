"""Ray hits: the point, its normal, and the colour of the surface there."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.generator.materials import Material
from indexnet_depth.data.generator.shell import Hall, Shell, Window
from indexnet_depth.data.generator.solids import Kind, Matrix, Solid, Vector
from indexnet_depth.data.generator.textures import TextureBank

__all__ = ["Points", "Surface", "normals", "points", "surfaces_of"]

Plane = NDArray[np.float32]

_THICK = 0.01  # m; half of a window
_SLANT = np.float32(0.15)  # smallest cosine by which the share of a texture in a pixel grows


class Surface(NamedTuple):
    """A face of a room, a window, or all of a solid."""

    kind: Kind
    centre: Vector
    half: Vector
    axes: Matrix
    material: Material
    axis: Literal[0, 1, 2] | None = None
    """The axis of its normal, where the surface is one face of a box."""


class Points(NamedTuple):
    """Hit points of (N,) rays."""

    place: Plane
    """(3, N) in world axes"""
    normal: Plane
    """(3, N) of length 1, towards the camera"""
    colour: Plane
    """(3, N) share of the light that is reflected, linear"""
    emission: float | Plane
    """light given off, of each point or of all"""


def surfaces_of(shell: Shell, solids: Sequence[Solid]) -> list[Surface]:
    """Return all surfaces in the order of `indexnet_depth.data.generator.casting`."""
    found = []
    for hall in (shell.room, *(doorway.beyond for doorway in shell.doorways)):
        for face, material in enumerate(hall.materials):
            axis: Literal[0, 1, 2] = (0, 1, 2)[face // 2]
            found.append(Surface("box", hall.centre, hall.half, np.eye(3), material, axis))
    found += [_pane(shell.room, window) for window in shell.windows]
    return found + [Surface(one.kind, one.centre, one.half, one.axes, one.material) for one in solids]


def points(
    surface: Surface, position: Vector, rays: Plane, depth: Plane, pixel: float, bank: TextureBank
) -> Points:
    """Return what rays have hit.

    Args:
        surface: the surface that all of them hit.
        position: where the rays begin.
        rays: (3, N), see `Lens.rays`.
        depth: (N,) in metres.
        pixel: width of a pixel at a depth of 1 m.
        bank: the textures.
    """
    place = rays * depth + np.array(position, np.float32)[:, None]
    own = _own(surface, place)
    normal, axis = _own_normals(surface, own)
    normal = surface.axes.T.astype(np.float32) @ normal
    facing = -_dot(normal, rays)
    normal *= np.copysign(np.float32(1), facing)
    material = surface.material
    if material.low == material.high:
        colour = np.broadcast_to(np.array(material.low, np.float32)[:, None], place.shape)
        return Points(place, normal, colour, material.emission)
    slant = np.abs(facing) / np.sqrt(_dot(rays, rays))
    u, v, span = _on_face(surface, own, axis)
    covered = depth * np.float32(pixel) / (span * np.sqrt(np.maximum(slant, _SLANT)))
    texel = bank.look_up(material.texture, u, v, covered).T * np.float32(1 / 255)
    low, high = (np.array(colour, np.float32)[:, None] for colour in (material.low, material.high))
    return Points(place, normal, low + (high - low) * (texel * texel), material.emission)


def normals(surface: Surface, place: Plane) -> Plane:
    """Return normals of length 1 and either sign at points (3, N) of a surface."""
    normal, _ = _own_normals(surface, _own(surface, place))
    return np.asarray(surface.axes.T.astype(np.float32) @ normal)


def _own(surface: Surface, place: Plane) -> Plane:
    """Return points in the surface's own axes, in metres from its centre."""
    return np.asarray(
        surface.axes.astype(np.float32) @ (place - np.array(surface.centre, np.float32)[:, None])
    )


def _own_normals(surface: Surface, own: Plane) -> tuple[Plane, int | NDArray[np.intp]]:
    """Return normals in the surface's own axes, and the axis that a face belongs to."""
    normal = np.zeros_like(own)
    if surface.axis is not None:
        normal[surface.axis] = 1
        return normal, surface.axis
    half = np.array(surface.half, np.float32)[:, None]
    unit = own / half
    if surface.kind == "ball":
        steep = unit / half
        return _unit(steep), 0
    if surface.kind == "cylinder":
        flat = np.abs(unit[1]) > np.sqrt(unit[0] ** 2 + unit[2] ** 2)
        steep = unit / half
        steep[1] = 0
        normal = _unit(steep)
        normal[:, flat] = np.array([[0], [1], [0]], np.float32)
        return normal, flat.astype(np.intp)
    large = np.abs(unit)
    axis = np.argmax(large, axis=0)
    np.put_along_axis(normal, axis[None], 1, 0)
    return normal, axis


def _on_face(
    surface: Surface, own: Plane, axis: int | NDArray[np.intp]
) -> tuple[Plane, Plane, Plane | np.float32]:
    """Return where points are in the texture, across and down, and the metres that the texture covers.

    The two axes along a face are (z, y), (x, z) or (x, y), so that pictures stand upright on walls. Around
    cylinders and balls it is the way along the circumference.
    """
    half = np.array(surface.half, np.float32)
    aside = axis == 0
    flat = axis == 1
    if surface.kind == "box":
        u, width = np.where(aside, own[2], own[0]), np.where(aside, half[2], half[0]) * 2
    else:
        u, width = np.where(flat, own[0], np.arctan2(own[0], own[2]) * half[0]), 2 * half[0]
    v, height = -np.where(flat, own[2], own[1]), np.where(flat, half[2], half[1]) * 2
    right, down = surface.material.offset
    if surface.material.span > 0:
        span = np.float32(surface.material.span)
        return (u + np.float32(right)) / span, (v + np.float32(down)) / span, span
    u, v = u / width + np.float32(0.5 + right), v / height + np.float32(0.5 + down)
    return u, v, np.minimum(width, height)


def _unit(vectors: Plane) -> Plane:
    """Return vectors (3, N) at length 1."""
    return np.asarray(vectors / np.sqrt(_dot(vectors, vectors) + np.float32(1e-20)), np.float32)


def _dot(first: Plane, second: Plane) -> Plane:
    return np.asarray(first[0] * second[0] + first[1] * second[1] + first[2] * second[2])


def _pane(room: Hall, window: Window) -> Surface:
    """Return the surface of a window: a thin box in the wall."""
    axis: Literal[0, 1, 2] = (0, 1, 2)[window.wall // 2]
    sign = 1 if window.wall % 2 else -1
    centre, half = [0.0] * 3, [_THICK] * 3
    centre[axis] = room.centre[axis] + sign * (room.half[axis] + _THICK)
    for coordinate, (low, high) in ((2 - axis, window.along), (1, window.up)):
        centre[coordinate], half[coordinate] = (low + high) / 2, (high - low) / 2
    x, y, z = centre
    a, b, c = half
    return Surface("box", (x, y, z), (a, b, c), np.eye(3), window.outside, axis)
