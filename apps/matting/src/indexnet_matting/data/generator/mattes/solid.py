"""Opaque objects with sharp or soft edges, some shaded like round bodies."""

import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer, empty, over, paint
from indexnet_matting.data.generator.optics import soften
from indexnet_matting.data.generator.outlines import depth, normals, random_outline
from indexnet_matting.data.generator.textures import Photographs, surface

__all__ = ["solid"]


def solid(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Lay one to three shapes over each other."""
    layer = empty(size)
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        cover = random_outline(size, rng)
        texture = surface(size, rng, photographs)
        if rng.random() < 0.5:
            texture = _round(texture, cover, rng)
        if rng.random() < 0.2:
            cover = soften(cover, log_uniform(rng, 1, 8))
        layer = over(paint(texture, cover), layer)
    return layer


def _round(texture: Layer, cover: Layer, rng: np.random.Generator) -> Layer:
    """Shade a texture as if the shape bulged: light from one side, dark or bright edges."""
    distance = depth(cover)
    reach = np.float32(log_uniform(rng, 4, 80))
    flat = np.sqrt(
        1 - (1 - (distance.clip(0) / reach).clip(0, 1)) ** 2
    )  # cosine of the slope of a round edge
    towards = np.cos(normals(distance, 3) - np.float32(rng.uniform(0, 2 * np.pi)))
    light = np.float32(rng.uniform(0.4, 1)) + np.float32(rng.uniform(0, 0.6)) * flat
    light += np.float32(rng.uniform(0, 0.5)) * towards * (1 - flat)
    return (texture * light[..., None]).clip(0, 1).astype(np.float32)
