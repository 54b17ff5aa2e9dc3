"""Lace, crochet and perforated sheets: a repeated motif of holes, finer mesh in between, a scalloped hem."""

import cv2
import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer, Plane, paint
from indexnet_matting.data.generator.noise import fractal_noise, smooth_noise, smoothstep
from indexnet_matting.data.generator.outlines import depth, random_outline
from indexnet_matting.data.generator.textures import Photographs, surface

__all__ = ["lace"]


def lace(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Cut a periodic pattern into cloth that lies in folds."""
    double = 2 * size
    u, v = _cloth(size, rng)
    period = log_uniform(rng, 10, 70)
    motif = _motif(u, v, period, rng)
    alpha = smoothstep(motif, *_around(rng.normal(0.1, 0.4), motif, rng))
    if rng.random() < 0.7:
        fine = period * rng.uniform(0.08, 0.3)
        threads = np.maximum(
            np.cos(u * np.float32(2 * np.pi / fine)), np.cos(v * np.float32(2 * np.pi / fine))
        )
        mesh = np.float32(rng.uniform(0.3, 1)) * smoothstep(threads, rng.uniform(0.2, 0.8), 0.95)
        alpha = np.maximum(alpha, mesh)
    alpha = np.asarray(cv2.resize(alpha, (size, size), interpolation=cv2.INTER_AREA), np.float32)
    if rng.random() < 0.7:
        distance = depth(random_outline(size, rng, large=True))
        scallops = np.float32(rng.uniform(0, 0.2) * period) * smooth_noise(size, double / period, rng)
        hem = distance + scallops
        alpha = np.maximum(alpha, smoothstep(-np.abs(hem - 3), -3, -1.5)) * (hem + np.float32(0.5)).clip(0, 1)
    texture = surface(size, rng, photographs)
    tone = (
        texture.mean((0, 1))
        if rng.random() < 0.5
        else np.float32(rng.uniform(0.6, 1)) * np.ones(3, np.float32)
    )
    folds = np.exp(np.float32(0.25) * fractal_noise(size, 3, rng, octaves=3))[..., None]
    colour = ((np.float32(0.3) * texture + np.float32(0.7) * tone) * folds).clip(0, 1)
    return paint(colour, np.asarray(alpha, np.float32))


def _cloth(size: int, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Return coordinates on the cloth, in pixels, at twice the resolution: turned and bent by folds."""
    double = 2 * size
    line = np.arange(double, dtype=np.float32) / 2
    x, y = np.meshgrid(line, line)
    angle, bend, cells = rng.uniform(0, np.pi), rng.uniform(0, 0.05) * size, rng.uniform(1, 4)
    u = (
        x * np.float32(np.cos(angle))
        + y * np.float32(np.sin(angle))
        + np.float32(bend) * smooth_noise(double, cells, rng)
    )
    v = (
        y * np.float32(np.cos(angle))
        - x * np.float32(np.sin(angle))
        + np.float32(bend) * smooth_noise(double, cells, rng)
    )
    return u, v


def _motif(u: Plane, v: Plane, period: float, rng: np.random.Generator) -> Plane:
    """Return a sum of waves that repeats in a square or hexagonal lattice, deviation about 1."""
    total = np.zeros_like(u)
    hexagonal = rng.random() < 0.5
    for _ in range(int(rng.integers(2, 5))):
        along, across = (int(number) for number in rng.integers(0, 4, 2))
        turns = (0, np.pi / 3, 2 * np.pi / 3) if hexagonal else (0, np.pi / 2)
        strength, phase = rng.normal(), rng.choice([0, np.pi])
        for turn in turns:
            x = u * np.float32(np.cos(turn)) + v * np.float32(np.sin(turn))
            y = v * np.float32(np.cos(turn)) - u * np.float32(np.sin(turn))
            total += np.float32(strength) * np.cos(
                (along * x + across * y) * np.float32(2 * np.pi / period) + np.float32(phase)
            )
    return total / np.float32(max(total.std(), 1e-3))


def _around(height: float, motif: Plane, rng: np.random.Generator) -> tuple[float, float]:
    """Return the ends of an edge about one pixel wide at a height of the motif."""
    steep = float(np.abs(np.diff(motif, axis=0)).mean() + np.abs(np.diff(motif, axis=1)).mean())
    half = max(steep * rng.uniform(0.4, 1.5), 0.02)
    return height - half, height + half
