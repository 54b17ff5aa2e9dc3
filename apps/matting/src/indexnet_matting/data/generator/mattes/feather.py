"""Feathers: a shaft with barbs on both sides that cling together, split, and turn to down at the base."""

import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer, Plane
from indexnet_matting.data.generator.strands import (
    Canvas,
    Strands,
    averaged,
    canvas,
    draw_strands,
    guides,
    tapered,
)
from indexnet_matting.data.generator.textures import Photographs, surface

__all__ = ["feather"]

_SECTIONS = 4


def feather(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Draw one to five feathers."""
    large = canvas(size)
    texture = surface(size, rng, photographs)
    count = int(rng.choice([1, 1, 2, 3, 5]))
    for _ in range(count):
        _draw(
            large,
            size,
            size * log_uniform(rng, 0.45, 1.6) / count**0.4,
            texture,
            rng,
        )
    return averaged(large, size)


def _draw(large: Canvas, size: int, length: float, texture: Plane, rng: np.random.Generator) -> None:
    heading, middle = rng.uniform(0, 2 * np.pi), size * rng.uniform(0.3, 0.7, 2)
    start = middle - 0.5 * length * np.array([np.cos(heading), np.sin(heading)])
    shaft = guides(
        start[None], np.array([heading], np.float32), np.array([length], np.float32), rng.normal(0, 0.6, 1),
        40, 0.01, rng,
    )[0]  # fmt: skip
    thick = rng.uniform(0.7, 1.6)
    count = int(min(length / (0.55 * thick), 420))
    along = np.sort(rng.uniform(0.08, 0.99, count))
    wide = length * rng.uniform(0.08, 0.24)
    colours = _pattern(along, texture, rng)
    down = (rng.uniform(0, 0.35) - along).clip(0) / 0.35
    for side in (-1, 1):
        draw_strands(
            large, _barbs(shaft, along, side, wide * rng.uniform(0.5, 1.1), thick, down, colours, rng)
        )
    rachis = tapered(np.array([length * rng.uniform(0.008, 0.018)], np.float32), 10, 0.15)
    tone = np.float32(rng.uniform(0.3, 1.15)) * colours.mean((0, 1))
    draw_strands(large, Strands(shaft[None, None], rachis, np.broadcast_to(tone, (1, 10, 3))))


def _barbs(
    shaft: Plane,
    along: Plane,
    side: int,
    wide: float,
    thick: float,
    down: Plane,
    colours: Plane,
    rng: np.random.Generator,
) -> Strands:
    """Grow the barbs of one side, from the base to the tip, each over the one before."""
    count = len(along)
    at = along * (len(shaft) - 1)
    whole = at.astype(int).clip(max=len(shaft) - 2)
    roots = shaft[whole] + (at - whole)[:, None] * (shaft[whole + 1] - shaft[whole])
    tangent = np.arctan2(*(shaft[whole + 1] - shaft[whole]).T[::-1])
    splits = np.cumsum(rng.random(count) < rng.uniform(0, 0.05))  # barbs between two splits cling together
    lean = rng.normal(0, rng.uniform(0.02, 0.15), splits[-1] + 1)[splits]
    angle = rng.uniform(0.5, 0.95) * (1.15 - 0.6 * along) + lean + down * rng.normal(0, 0.5, count)
    profile = np.sin(np.pi * along ** rng.uniform(0.6, 1.1)) ** rng.uniform(0.35, 0.9)
    lengths = wide * profile * np.exp(rng.normal(0, 0.04, count) + down * rng.normal(0, 0.3, count))
    bend = -side * (rng.uniform(0.2, 0.9) + down * rng.normal(0, 1, count))
    curves = guides(
        roots,
        tangent + side * angle,
        lengths,
        bend,
        8,
        0.01,
        rng,
    )
    curves += (down[:, None, None] * rng.normal(0, 0.03 * wide, curves.shape)).astype(np.float32)
    width = (thick * rng.uniform(1.0, 1.8) * (1 - 0.6 * down)).astype(np.float32)
    return Strands(curves[:, None], tapered(width, _SECTIONS, rng.uniform(0.2, 0.6)), colours)


def _pattern(along: Plane, texture: Plane, rng: np.random.Generator) -> Plane:
    """Return the colours of barbs: bars or a gradient along the shaft, darker or lighter tips."""
    first, second = texture[rng.integers(len(texture), size=2), rng.integers(len(texture), size=2)]
    bars = 0.5 + 0.5 * np.sin(along * rng.uniform(1, 40) + rng.uniform(0, 6))
    mixed = (bars[:, None] + np.linspace(0, rng.normal(0, 0.5), _SECTIONS)).clip(0, 1)[..., None]
    colours = first + (second - first) * mixed
    return (colours * np.exp(rng.normal(0, 0.08, (len(along), 1, 1)))).clip(0, 1).astype(np.float32)
