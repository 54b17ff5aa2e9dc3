"""Grass, straw, reed and ears: long blades from a common ground, in any direction."""

import cv2
import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer
from indexnet_matting.data.generator.strands import (
    Strands,
    averaged,
    canvas,
    draw_strands,
    guides,
    shaded,
    tapered,
)
from indexnet_matting.data.generator.textures import Photographs, surface

__all__ = ["grass"]

_SECTIONS = 8


def grass(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Draw blades of similar width, the far ones first, some with ears."""
    large = canvas(size)
    thick = log_uniform(rng, 0.8, 9)
    count = int(min(rng.uniform(0.1, 0.9) * 2.5 * size / thick, 350)) + 8
    along = rng.uniform(-0.1, 1.1, count) * size
    ground = size * rng.uniform(0.75, 1.15)
    roots = np.stack([along, ground + rng.normal(0, 0.06 * size, count)], 1)
    roots = roots[np.argsort(roots[:, 1])]
    heading = -np.pi / 2 + rng.normal(rng.normal(0, 0.2), rng.uniform(0.05, 0.4), count)
    lengths = size * rng.uniform(0.3, 1) * np.exp(rng.normal(0, 0.35, count))
    bend = rng.normal(0, rng.uniform(0.2, 1.2), count)
    curves = guides(
        roots,
        heading,
        lengths,
        bend,
        17,
        rng.uniform(0, 0.06),
        rng,
    )
    widths = np.exp(rng.normal(np.log(thick), 0.3, count)).astype(np.float32)
    base = _colours(count, rng, surface(size, rng, photographs))
    blades = Strands(
        curves[:, None], tapered(widths, _SECTIONS, 0.12, 0.8), shaded(base, _SECTIONS, rng, variety=0.25)
    )
    ribs = Strands(blades.points, 0.3 * blades.widths, (1.25 * blades.colours).clip(0, 1))
    ears = rng.random() < 0.25
    step = 12
    for first in range(0, count, step):  # ribs lie on their own blades and below later ones
        few = slice(first, first + step)
        draw_strands(large, Strands(*(part[few] for part in blades)))
        if thick > 3:
            draw_strands(large, Strands(*(part[few] for part in ribs)))
        if ears:
            draw_strands(large, _ears(curves[few], thick, base[few], rng))
    layer = averaged(large, size)
    turns = int(rng.choice([0, 0, 0, 1, 2, 3]))
    return np.ascontiguousarray(np.rot90(layer, turns))


def _colours(count: int, rng: np.random.Generator, texture: Layer) -> Layer:
    """Choose greens, straw or the colours of a texture."""
    if rng.random() < 0.4:
        soft = np.asarray(cv2.resize(texture, (32, 32), interpolation=cv2.INTER_AREA), np.float32).reshape(
            -1, 3
        )
        return soft[rng.integers(len(soft), size=count)]
    dry = np.float32(rng.beta(1, 2)) + rng.normal(0, 0.12, (count, 1))
    green = np.array([rng.uniform(0.15, 0.45), rng.uniform(0.35, 0.7), rng.uniform(0.05, 0.25)], np.float32)
    straw = np.array([rng.uniform(0.6, 0.95), rng.uniform(0.5, 0.8), rng.uniform(0.25, 0.5)], np.float32)
    return (green + (straw - green) * dry).clip(0, 1).astype(np.float32)


def _ears(curves: Layer, thick: float, base: Layer, rng: np.random.Generator) -> Strands:
    """Put short grains with awns along the last sixth of each blade."""
    count, grains = len(curves), 14
    at = curves[:, -4:][:, rng.integers(4, size=grains)] + rng.normal(0, 1.2, (count, grains, 2))
    tangent = np.arctan2(*(curves[:, -1] - curves[:, -4]).T[::-1])[:, None] + rng.normal(
        0, 0.45, (count, grains)
    )
    long = thick * rng.uniform(1, 5)
    points = guides(
        at.reshape(-1, 2).astype(np.float32), tangent.ravel().astype(np.float32),
        np.full(count * grains, long, np.float32), np.zeros(count * grains, np.float32), 4, 0.05, rng,
    )  # fmt: skip
    widths = tapered(np.full(count, max(0.5, 0.5 * thick), np.float32), 3, 0.2)
    return Strands(points.reshape(count, grains, 4, 2), widths, shaded(base, 3, rng))
