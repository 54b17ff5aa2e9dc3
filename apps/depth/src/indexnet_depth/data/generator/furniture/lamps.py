"""Lamps on the floor."""

from indexnet_depth.data.generator.furniture.piece import Piece
from indexnet_depth.data.generator.light import Lamp
from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.solids import ball, cylinder

__all__ = ["floor_lamp"]


def floor_lamp(palette: Palette) -> Piece:
    """Draw a lamp on a pole, switched on at times."""
    rng, metal = palette.rng, palette.metal()
    height, radius = rng.uniform((1.1, 0.12), (1.8, 0.25))
    on = rng.random() < 0.6
    shade = palette.shade() if on else palette.fabric()
    solids = [
        cylinder(metal, (0, 0.012, 0), rng.uniform(0.1, 0.17), 0.012),
        cylinder(metal, (0, height / 2, 0), 0.012, height / 2),
    ]
    if rng.random() < 0.75:
        solids.append(cylinder(shade, (0, height, 0), radius, radius * rng.uniform(0.5, 0.9)))
    else:
        solids.append(ball(shade, (0, height, 0), (radius * 0.8,) * 3))
    strength = rng.uniform(0.3, 1.2)
    warm = (strength, strength * rng.uniform(0.75, 0.95), strength * rng.uniform(0.45, 0.8))
    return Piece(solids, (radius, radius), lamps=(Lamp((0, height, radius + 0.05), warm),) if on else ())
