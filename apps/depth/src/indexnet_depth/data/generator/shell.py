"""The shell of a room: walls, floor and ceiling, and the openings in its walls.

A room is a box seen from inside. Through a doorway one sees another room, through a window a photograph of
what is outside.
"""

from typing import NamedTuple

import numpy as np

from indexnet_depth.data.generator.materials import Material
from indexnet_depth.data.generator.solids import Vector

__all__ = ["CEILING", "FACES", "FLOOR", "WALLS", "Doorway", "Hall", "Shell", "Window", "inner_yaw"]

FACES = ("left", "right", "floor", "ceiling", "near", "far")
"""Faces of a room by number: x from smaller to larger, then y, then z."""
FLOOR, CEILING = 2, 3
WALLS = (0, 1, 4, 5)


class Hall(NamedTuple):
    """A box seen from inside."""

    centre: Vector
    half: Vector
    materials: tuple[Material, ...]
    """One for each of `FACES`."""


class Doorway(NamedTuple):
    """An opening through which another room is seen."""

    wall: int
    """Number of the face of the room that it is in."""
    along: tuple[float, float]
    """From where to where it reaches along the wall: x, or z in the left and right wall; world axes."""
    up: tuple[float, float]
    """From where to where it reaches upwards."""
    beyond: Hall
    """The room behind it, which begins at the wall."""


class Window(NamedTuple):
    """A pane; see `Doorway`. What is behind it has no depth."""

    wall: int
    along: tuple[float, float]
    up: tuple[float, float]
    outside: Material


class Shell(NamedTuple):
    """A room and its openings."""

    room: Hall
    doorways: tuple[Doorway, ...] = ()
    windows: tuple[Window, ...] = ()


def inner_yaw(wall: int) -> float:
    """Return the direction into the room from a wall, as the yaw of furniture that stands against it.

    >>> inner_yaw(4)  # the near wall, at the smallest z: the room lies towards z
    0.0
    """
    return {0: np.pi / 2, 1: -np.pi / 2, 4: 0.0, 5: np.pi}[wall]
