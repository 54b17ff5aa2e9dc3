"""Brushes, brooms, spokes, seed heads and fringes: straight strands from a point, a line or a ring."""

import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer, Plane, over, paint
from indexnet_matting.data.generator.outlines import coverage
from indexnet_matting.data.generator.strands import (
    Strands,
    averaged,
    canvas,
    clumped,
    draw_strands,
    guides,
    shaded,
    tapered,
)
from indexnet_matting.data.generator.textures import Photographs, surface

__all__ = ["bristles"]


def bristles(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Draw straight strands from a handle or all around a core, some with tufts at their tips."""
    texture = surface(size, rng, photographs)
    radial = rng.random() < 0.5
    count = int(rng.integers(40, 420))
    middle = size * rng.uniform(0.3, 0.7, 2)
    if radial:
        core = size * log_uniform(rng, 0.01, 0.2)
        around = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        holder = middle + core * np.stack([np.cos(around), np.sin(around)], 1)
        heading = rng.uniform(0, 2 * np.pi, count)
        roots = middle + 0.9 * core * np.sqrt(rng.uniform(0, 1, (count, 1))) * np.stack(
            [np.cos(heading), np.sin(heading)], 1
        )
    else:
        turn, half = rng.uniform(0, 2 * np.pi), size * rng.uniform(0.05, 0.5)
        forward, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        long = size * rng.uniform(0.1, 0.8)
        holder = middle + np.array(
            [-half * across, half * across, half * across - long * forward, -half * across - long * forward]
        )
        side = rng.uniform(-1, 1, count)
        roots = middle + side[:, None] * half * across - rng.uniform(0, 4, (count, 1)) * forward
        heading = turn + rng.uniform(0, 0.8) * side + rng.normal(0, rng.uniform(0.01, 0.2), count)
    length = size * rng.uniform(0.15, 0.7)
    points, widths = _bristles(roots, heading, length, count, rng)
    base = _colours(texture, count, rng)
    large = canvas(size)
    draw_strands(large, Strands(points, widths, shaded(base, widths.shape[1], rng, variety=0.25)))
    if rng.random() < 0.35:
        draw_strands(large, _tufts(points[:, 0, -1], heading, length * rng.uniform(0.05, 0.3), base, rng))
    bundle, body = averaged(large, size), paint(texture, coverage(size, [holder]))
    return over(body, bundle) if rng.random() < 0.5 else over(bundle, body)


def _bristles(
    roots: Plane, heading: Plane, length: float, count: int, rng: np.random.Generator
) -> tuple[Plane, Plane]:
    lengths = length * np.exp(rng.normal(0, rng.uniform(0.01, 0.25), count))
    bend = rng.normal(0, rng.uniform(0, 0.5), count)
    curves = guides(roots, heading, lengths, bend, 10, 0.02, rng)
    points = clumped(
        curves, int(rng.integers(1, 4)), rng.uniform(0.3, 2), rng.uniform(-1, 0.5), rng.uniform(0, 4), rng
    )
    thick = log_uniform(rng, 0.4, 3.5)
    return points, tapered(
        np.exp(rng.normal(np.log(thick), 0.15, count)).astype(np.float32), 4, rng.uniform(0.3, 1)
    )


def _tufts(tips: Plane, heading: Plane, length: float, base: Plane, rng: np.random.Generator) -> Strands:
    """Spread fine hairs from each tip, as on a dandelion."""
    hairs = 8
    at = np.repeat(tips, hairs, 0).astype(np.float32)
    angle = (
        np.repeat(heading, hairs)
        + np.tile(np.linspace(-1.2, 1.2, hairs), len(tips))
        + rng.normal(0, 0.15, len(at))
    )
    curves = guides(
        at,
        angle.astype(np.float32),
        np.full(len(at), length, np.float32),
        np.zeros(len(at), np.float32),
        4,
        0.03,
        rng,
    )
    widths = tapered(np.full(len(tips), rng.uniform(0.25, 0.6), np.float32), 2, 0.5)
    lighter = (base + 0.3).clip(0, 1).astype(np.float32)
    return Strands(curves.reshape(len(tips), hairs, 4, 2), widths, np.repeat(lighter[:, None], 2, 1))


def _colours(texture: Plane, count: int, rng: np.random.Generator) -> Plane:
    few = texture[rng.integers(len(texture), size=4), rng.integers(len(texture), size=4)]
    return few[rng.integers(len(few), size=count)] * np.exp(rng.normal(0, 0.1, (count, 1))).astype(np.float32)
