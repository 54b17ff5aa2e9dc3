"""The kinds of mattes: each module draws one, `MATTES` is their registry."""

from collections.abc import Callable

import numpy as np

from indexnet_matting.data.generator.layers import Layer
from indexnet_matting.data.generator.mattes.bristles import bristles
from indexnet_matting.data.generator.mattes.cutout import cutout
from indexnet_matting.data.generator.mattes.feather import feather
from indexnet_matting.data.generator.mattes.fur import fur
from indexnet_matting.data.generator.mattes.glass import glass
from indexnet_matting.data.generator.mattes.grass import grass
from indexnet_matting.data.generator.mattes.hair import hair
from indexnet_matting.data.generator.mattes.lace import lace
from indexnet_matting.data.generator.mattes.leaves import leaves
from indexnet_matting.data.generator.mattes.net import net
from indexnet_matting.data.generator.mattes.particles import particles
from indexnet_matting.data.generator.mattes.smoke import smoke
from indexnet_matting.data.generator.mattes.solid import solid
from indexnet_matting.data.generator.mattes.veil import veil
from indexnet_matting.data.generator.textures import Photographs

__all__ = ["MATTES", "Matte"]

Matte = Callable[[int, np.random.Generator, Photographs], Layer]
"""Draws a foreground: side in pixels, generator, photographs for its colours -> layer (side, side, 4)."""

MATTES: dict[str, tuple[Matte, float]] = {
    "hair": (hair, 5),
    "fur": (fur, 5),
    "feather": (feather, 2),
    "bristles": (bristles, 1),
    "grass": (grass, 1),
    "leaves": (leaves, 3),
    "net": (net, 1),
    "lace": (lace, 1),
    "veil": (veil, 1),
    "glass": (glass, 1),
    "smoke": (smoke, 1),
    "particles": (particles, 1),
    "solid": (solid, 7),
    "cutout": (cutout, 5),
}
"""Kind -> the function that draws it, and how often it is drawn in relation to the others."""
