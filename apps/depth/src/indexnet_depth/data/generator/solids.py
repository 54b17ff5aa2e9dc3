"""Solids that rooms and furniture are made of: boxes, cylinders and balls, stretched and turned.

Metres. World axes: x and z along the floor, y upwards. A solid has its own axes; along them it is the box
[-1, 1]³, the cylinder x² + z² ≤ 1, |y| ≤ 1, or the ball of radius 1, stretched by its half sizes.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.generator.materials import Material

__all__ = ["Kind", "Matrix", "Solid", "Triple", "Vector", "ball", "box", "cylinder", "moved", "tilt", "turn"]

Kind = Literal["box", "cylinder", "ball"]
Vector = tuple[float, float, float]
Matrix = NDArray[np.float64]
Triple = Sequence[float] | NDArray[np.float64]


class Solid(NamedTuple):
    """A solid in the world, or in the axes of its piece of furniture."""

    kind: Kind
    centre: Vector
    half: Vector
    """Half of its width, height and depth along its own axes."""
    axes: Matrix
    """(3, 3): its own axes in the rows; ``axes @ (point - centre)`` is a point in them."""
    material: Material


def turn(yaw: float) -> Matrix:
    """Return the axes of something turned about the vertical; radians, from z towards x."""
    sine, cosine = math.sin(yaw), math.cos(yaw)
    return np.array([[cosine, 0.0, -sine], [0.0, 1.0, 0.0], [sine, 0.0, cosine]])


def tilt(pitch: float) -> Matrix:
    """Return the axes of something tilted about x; radians, its upper end towards z."""
    sine, cosine = math.sin(pitch), math.cos(pitch)
    return np.array([[1.0, 0.0, 0.0], [0.0, cosine, sine], [0.0, -sine, cosine]])


_UPRIGHT = np.eye(3)


def box(material: Material, centre: Triple, half: Triple, axes: Matrix = _UPRIGHT) -> Solid:
    """Return a box."""
    return Solid("box", _vector(centre), _vector(half), axes, material)


def cylinder(
    material: Material, centre: Triple, radius: float, half: float, axes: Matrix = _UPRIGHT
) -> Solid:
    """Return a round cylinder, upright unless it has axes."""
    return Solid("cylinder", _vector(centre), (float(radius), float(half), float(radius)), axes, material)


def ball(material: Material, centre: Triple, half: Triple, axes: Matrix = _UPRIGHT) -> Solid:
    """Return a ball, or an ellipsoid."""
    return Solid("ball", _vector(centre), _vector(half), axes, material)


def moved(solids: Iterable[Solid], to: Triple, yaw: float = 0.0) -> list[Solid]:
    """Turn solids about the origin of their piece of furniture, and move that origin.

    >>> from indexnet_depth.data.generator.materials import plain
    >>> [solid] = moved([box(plain((1, 1, 1)), (0, 0, 1), (1, 1, 1))], (5, 0, 0), math.pi / 2)
    >>> [round(value, 6) for value in solid.centre]
    [6.0, 0.0, 0.0]
    """
    axes, (x, y, z) = turn(yaw), _vector(to)
    sine, cosine = math.sin(yaw), math.cos(yaw)
    found = []
    for solid in solids:
        a, b, c = solid.centre
        centre = (x + a * cosine + c * sine, y + b, z + c * cosine - a * sine)
        found.append(solid._replace(centre=centre, axes=solid.axes @ axes))
    return found


def _vector(values: Triple) -> Vector:
    x, y, z = values
    return float(x), float(y), float(z)
