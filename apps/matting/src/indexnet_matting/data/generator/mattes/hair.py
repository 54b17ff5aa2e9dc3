"""Hair: long strands in locks, on a head or coming from outside the image."""

import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer, Plane, over, paint
from indexnet_matting.data.generator.outlines import Polygon, coverage, outline
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
from indexnet_matting.data.generator.textures import Photographs, streaks, surface

__all__ = ["hair"]

_POINTS = 20


def hair(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Draw a head, or only its edge, with locks that part, fall, curl and fly away."""
    centre, radius = _head(size, rng)
    head = radius * outline(rng)[0] * [1, rng.uniform(1, 1.35)] + centre
    texture = surface(size, rng, photographs)
    base = _colour(rng, texture)
    if rng.random() < 0.6:  # hair all over the head
        texture = (
            base
            * (np.float32(rng.uniform(0.5, 1)) + np.float32(rng.uniform(0, 0.2)) * streaks(size, rng))[
                ..., None
            ]
        )
    skin = paint(texture.clip(0, 1), coverage(size, [head]))
    large = canvas(size)
    fall = rng.uniform(0, 1.2)  # how far strands turn towards the ground
    length = size * log_uniform(rng, 0.2, 1.1)
    thick = log_uniform(rng, 0.25, 1.0)
    dense = rng.uniform(0.35, 1.6)
    locks = int(dense * min(110, 13_000 / length)) + 4
    wave = (rng.uniform(0, 0.12) * length, rng.uniform(1, 7)) if rng.random() < 0.6 else (0.0, 1.0)
    draw_strands(large, _locks(locks, head, centre, length, thick, fall, wave, base, rng))
    stray = int(rng.uniform(10, 90))
    draw_strands(large, _strays(stray, head, centre, length, thick, fall, base, rng))
    return over(averaged(large, size), skin)


def _head(size: int, rng: np.random.Generator) -> tuple[Polygon, float]:
    """Choose the middle and the radius of the head, mostly larger than the image."""
    radius = size * log_uniform(rng, 0.12, 0.9)
    away = rng.uniform(0, 1) * max(0.0, radius - 0.1 * size) + 0.1 * size * rng.normal()
    angle = rng.uniform(0, 2 * np.pi)
    return size * 0.5 + away * np.array([np.cos(angle), np.sin(angle)]), radius


def _colour(rng: np.random.Generator, texture: Plane) -> Plane:
    """Choose a natural colour of hair, or one of the texture behind it."""
    if rng.random() < 0.35:
        return texture[rng.integers(len(texture)), rng.integers(len(texture))]
    melanin, red = rng.beta(1, 1), rng.uniform(0, 0.5)
    light = np.array([0.92, 0.78 - 0.1 * red, 0.55 - 0.2 * red], np.float32)
    dark = np.array([0.10 + 0.15 * red, 0.07 + 0.03 * red, 0.05], np.float32)
    if rng.random() < 0.15:
        light = np.array([0.9, 0.9, 0.92], np.float32)
    return (dark + np.float32(melanin) * (light - dark)).astype(np.float32)


def _locks(
    count: int, head: Polygon, centre: Polygon, length: float, thick: float, fall: float,
    wave: tuple[float, float], base: Plane, rng: np.random.Generator,
) -> Strands:  # fmt: skip
    corners = rng.integers(len(head), size=count)
    inner = np.sqrt(rng.uniform(0.3, 1, count))[:, None]
    roots = centre + (head[corners] - centre) * inner
    order = np.argsort(-inner[:, 0] + rng.normal(0, 0.1, count))
    roots, corners = roots[order], corners[order]
    outward = np.arctan2(*(roots - centre).T[::-1])
    heading = outward + rng.normal(0, 0.5) + rng.normal(0, rng.uniform(0.05, 0.35), count)
    down = np.angle(np.exp(1j * (np.pi / 2 - heading)))  # turn towards the ground, the shorter way
    bend = fall * down + rng.normal(0, 0.2, count)
    lengths = length * np.exp(rng.normal(0, 0.2, count))
    curves = guides(roots, heading, lengths, bend, _POINTS, rng.uniform(0.0, 0.07), rng)
    curves += _waves(curves, *wave, rng)
    inner_locks = clumped(
        curves, 7, rng.uniform(2, 9), rng.uniform(-0.8, 0.8), length * rng.uniform(0.02, 0.12), rng
    ).reshape(-1, _POINTS, 2)
    count = len(inner_locks)
    points = clumped(
        inner_locks,
        int(rng.integers(3, 7)),
        rng.uniform(0.6, 3),
        rng.uniform(-0.8, 0.7),
        length * rng.uniform(0.01, 0.05),
        rng,
    )
    colours = base + rng.normal(0, rng.uniform(0, 0.06), (count, 3)).astype(np.float32)
    widths = tapered(
        np.exp(rng.normal(np.log(thick), 0.2, count)).astype(np.float32), 6, rng.uniform(0.2, 0.6)
    )
    return Strands(points, widths, shaded(colours, 6, rng, variety=rng.uniform(0.05, 0.35)))


def _strays(
    count: int,
    head: Polygon,
    centre: Polygon,
    length: float,
    thick: float,
    fall: float,
    base: Plane,
    rng: np.random.Generator,
) -> Strands:
    """Grow single strands that leave the locks in any direction."""
    roots = head[rng.integers(len(head), size=count)]
    heading = np.arctan2(*(roots - centre).T[::-1]) + rng.normal(0, 0.7, count)
    bend = rng.normal(0, 1.2, count) + 0.5 * fall * np.angle(np.exp(1j * (np.pi / 2 - heading)))
    lengths = length * rng.uniform(0.2, 1.1, count)
    curves = guides(roots, heading, lengths, bend, _POINTS, rng.uniform(0.02, 0.15), rng)
    colours = np.broadcast_to(base, (count, 3)) * np.exp(rng.normal(0, 0.2, (count, 1)))
    widths = tapered(np.full(count, 0.75 * thick, np.float32), 4, 0.3)
    return Strands(curves[:, None], widths, shaded(colours.astype(np.float32), 4, rng))


def _waves(curves: Plane, amplitude: float, turns: float, rng: np.random.Generator) -> Plane:
    """Return the sideways movement of wavy or curly locks, growing from the root."""
    along = np.linspace(0, 1, curves.shape[1], dtype=np.float32)
    phase = rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.6, (len(curves), 1))
    step = np.gradient(curves, axis=1)
    across = np.stack([-step[..., 1], step[..., 0]], -1)
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)
    sway = amplitude / turns * np.sin(2 * np.pi * turns * along + phase) * np.sqrt(along)
    return (across * sway[..., None]).astype(np.float32)
