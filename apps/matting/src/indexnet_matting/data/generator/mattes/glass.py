"""Glass, bubbles and clear plastic: faint inside, dense at the rim, with lights and creases."""

import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer, Plane, paint
from indexnet_matting.data.generator.noise import centres, fractal_noise, ramp, smoothstep
from indexnet_matting.data.generator.outlines import depth, random_outline
from indexnet_matting.data.generator.textures import Photographs, surface

__all__ = ["glass"]


def glass(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Draw a clear body: its rim, reflections and creases cover the background, the rest tints it."""
    distance = depth(random_outline(size, rng, large=True))
    inside = (distance + np.float32(0.5)).clip(0, 1)
    rim = np.exp(-distance.clip(0) / np.float32(log_uniform(rng, 1.5, 25)))
    lights = _lights(size, rng) if rng.random() < 0.7 else _creases(size, rng)
    reflection = smoothstep(
        ramp(size, rng) + np.float32(0.6) * fractal_noise(size, 2, rng, octaves=2), 0.5, rng.uniform(0.6, 1.5)
    )
    faint, clear, mirrored = rng.uniform([0.03, 0.3, 0], [0.35, 1, 0.8]).astype(np.float32)
    alpha = np.maximum.reduce([np.full_like(inside, faint), clear * rim, lights, mirrored * reflection])
    tint = surface(size, rng, photographs)
    tint = np.float32(0.3) * tint + np.float32(0.7) * tint.mean((0, 1))
    bright = np.maximum(lights, reflection)[..., None]
    dark = np.float32(rng.uniform(0.3, 1))
    shine = np.float32(rng.uniform(0.8, 1)) * bright
    colour = tint * (1 - (1 - dark) * rim[..., None]) * (1 - bright) + shine
    return paint(colour.clip(0, 1).astype(np.float32), (alpha * inside).astype(np.float32))


def _lights(size: int, rng: np.random.Generator) -> Plane:
    """Draw a few long or round highlights."""
    x, y = centres(size)
    total = np.zeros_like(x)
    for _ in range(int(rng.integers(1, 8))):
        angle, (u, v) = rng.uniform(0, np.pi), rng.uniform(0.1, 0.9, 2)
        along = (x - np.float32(u)) * np.float32(np.cos(angle)) + (y - np.float32(v)) * np.float32(
            np.sin(angle)
        )
        across = (y - np.float32(v)) * np.float32(np.cos(angle)) - (x - np.float32(u)) * np.float32(
            np.sin(angle)
        )
        long, wide = log_uniform(rng, [0.01, 0.004], [0.15, 0.06]).astype(np.float32)
        bent = across + np.float32(rng.normal(0, 1.5)) * along**2
        total = np.maximum(
            total, np.exp(-((along / long) ** 2) - (bent / wide) ** 2) * np.float32(rng.uniform(0.4, 1.5))
        )
    return total.clip(0, 1)


def _creases(size: int, rng: np.random.Generator) -> Plane:
    """Draw the lights on creased foil: sharp on one side, soft on the other."""
    height = fractal_noise(size, rng.uniform(2, 8), rng, octaves=3)
    slope = np.gradient(height)[int(rng.integers(2))]
    slope /= np.float32(max(float(slope.std()), 1e-4))
    return smoothstep(slope, rng.uniform(0, 1.2), rng.uniform(1.5, 3)) * np.float32(rng.uniform(0.3, 1))
