"""Veils, curtains, plastic and other thin sheets in folds: denser where they turn from the viewer."""

import cv2
import numpy as np

from indexnet_matting.data.generator.layers import Layer, paint
from indexnet_matting.data.generator.noise import centres, fractal_noise, smoothstep, warp
from indexnet_matting.data.generator.outlines import depth, random_outline
from indexnet_matting.data.generator.textures import Photographs, surface

__all__ = ["veil"]


def veil(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Draw a sheet over all or part of the image, with a hem and, at times, a printed pattern."""
    x, y = centres(size)
    angle, stretch = rng.uniform(0, np.pi), np.float32(rng.uniform(0.05, 0.6))
    u = (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))) * size
    v = (y * np.float32(np.cos(angle)) - x * np.float32(np.sin(angle))) * size * stretch
    height = warp(
        fractal_noise(size, rng.uniform(3, 14), rng, octaves=4, persistence=0.5), np.abs(u), np.abs(v)
    )
    down, across = np.gradient(height)
    slope = np.hypot(across, down)
    slope /= np.float32(max(float(np.quantile(slope, 0.9)), 1e-4))
    thin = rng.uniform(0.1, 0.8)
    # A sheet seen at an angle covers more: 1 - (1 - a)^(1 / cos).
    alpha = 1 - (1 - np.float32(thin)) ** np.sqrt(1 + (np.float32(rng.uniform(0.3, 2)) * slope) ** 2)
    distance = depth(random_outline(size, rng, large=True))
    edge = (distance / np.float32(rng.uniform(1, 6)) + np.float32(0.5)).clip(0, 1)
    if rng.random() < 0.5:
        hem = np.float32(rng.uniform(2, 10))
        alpha = np.maximum(alpha, smoothstep(hem - distance, 0, 1) * np.float32(rng.uniform(0.6, 1)))
    texture = surface(size, rng, photographs)
    if rng.random() < 0.6:
        texture = np.float32(0.25) * texture + np.float32(0.75 * rng.uniform(0.3, 1))
    if rng.random() < 0.2:  # a printed pattern is opaque
        print_ = smoothstep(fractal_noise(size, 12, rng, octaves=2), 0.8, 1.0)
        alpha = np.maximum(alpha, print_ * np.float32(0.9))
    light = np.exp(np.float32(0.35) * across / np.float32(max(float(np.abs(across).max()), 1e-4)) * 2)
    soft = cv2.GaussianBlur((alpha * edge).astype(np.float32), (0, 0), 0.7)
    return paint((texture * light[..., None]).clip(0, 1), np.asarray(soft, np.float32))
