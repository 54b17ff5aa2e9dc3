"""Materials of surfaces: a texture between two colours, its size, and emitted light."""

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["PLAIN", "Material", "plain"]

Colour = tuple[float, float, float]

PLAIN = 0
"""Number of the texture without structure; see `indexnet_depth.data.generator.textures`."""


class Material(NamedTuple):
    """A covering; ``low + (high - low) · texture`` is the share of the light that it reflects."""

    low: Colour
    """Where the texture is 0; linear, in [0, 1]."""
    high: Colour
    """Where the texture is 1."""
    texture: int = PLAIN
    """Number in the `TextureBank`."""
    span: float = 1.0
    """Metres that the texture covers before it is mirrored; 0 stretches it over each face."""
    offset: tuple[float, float] = (0.0, 0.0)
    """Where it begins, in metres; in widths of the face where it is stretched."""
    emission: float = 0.0
    """Light that the surface gives off, in units of the light of a room."""


def plain(colour: Sequence[float], emission: float = 0.0) -> Material:
    """Return one colour without structure, linear in [0, 1]."""
    red, green, blue = (float(value) for value in colour)
    return Material((red, green, blue), (red, green, blue), emission=emission)
