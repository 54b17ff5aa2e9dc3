"""Smoke, steam, clouds, flames and dust."""

import numpy as np

from indexnet_matting.data.generator.layers import Layer, paint
from indexnet_matting.data.generator.noise import centres, fractal_noise, smooth_noise, smoothstep, warp
from indexnet_matting.data.generator.outlines import depth, random_outline
from indexnet_matting.data.generator.textures import Photographs, surface

__all__ = ["smoke"]


def smoke(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Draw turbulence (noise at positions that noise displaces; Perlin, 1985), denser around a source."""
    x, y = centres(size)
    strength = np.float32(size * rng.uniform(0.02, 0.2))
    noise = fractal_noise(size, rng.uniform(1.5, 6), rng, octaves=6, persistence=rng.uniform(0.4, 0.65))
    dx, dy = smooth_noise(size, rng.uniform(2, 6), rng), smooth_noise(size, rng.uniform(2, 6), rng)
    turbulent = warp(noise, x * size + strength * dx, y * size + strength * dy)
    if rng.random() < 0.3:
        turbulent = 1.2 - 2 * np.abs(turbulent)
    distance = depth(random_outline(size, rng))
    dense = np.tanh(distance / np.float32(size * rng.uniform(0.08, 0.3)))
    alpha = smoothstep(
        turbulent + np.float32(rng.uniform(1, 2.5)) * dense, rng.uniform(-1, 0.5), rng.uniform(1, 3)
    )
    alpha *= np.float32(rng.uniform(0.5, 1) if rng.random() < 0.5 else 1)
    tone = np.float32(rng.uniform(0.05, 1)) * np.ones(3, np.float32) + rng.normal(0, 0.05, 3).astype(
        np.float32
    )
    if rng.random() < 0.25:
        tone = surface(size, rng, photographs)
    light = np.exp(np.float32(0.2) * noise)[..., None]
    return paint((tone * light).clip(0, 1), alpha.astype(np.float32))
