"""A piece of furniture: its solids, the floor that it takes, and where it may stand."""

from typing import Literal, NamedTuple

from indexnet_depth.data.generator.light import Lamp
from indexnet_depth.data.generator.solids import Solid

__all__ = ["Piece", "Stand"]

Stand = Literal["wall", "free", "any"]
"""Against a wall, away from walls, or both."""


class Piece(NamedTuple):
    """Furniture in its own axes: x to the side, y up from the floor, z from its back to its front."""

    solids: list[Solid]
    half: tuple[float, float]
    """Half of its width (x) and depth (z) on the floor, about the origin."""
    stand: Stand = "any"
    lamps: tuple[Lamp, ...] = ()
