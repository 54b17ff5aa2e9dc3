"""Nets, fences, cobwebs and coarse cloth: crossing threads with gaps."""

import cv2
import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer, Plane, over, paint
from indexnet_matting.data.generator.noise import smooth_noise
from indexnet_matting.data.generator.outlines import depth, random_outline
from indexnet_matting.data.generator.strands import OVERSAMPLING, averaged, canvas
from indexnet_matting.data.generator.textures import Photographs, surface

__all__ = ["net"]

_SHIFT = 4


def net(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Draw a bent lattice of threads with knots, inside an outline with a rim, or over all of the image."""
    pitch = log_uniform(rng, 4, 45)
    thick = float(np.clip(pitch * rng.uniform(0.04, 0.3), 0.4, 7))
    large = canvas(size, 1)[..., 0]
    nodes = _lattice(size, pitch, rng)
    fixed = np.rint(nodes * (OVERSAMPLING << _SHIFT)).astype(np.int32)
    width = max(1, round(thick * OVERSAMPLING))
    for lines in (list(fixed), list(np.ascontiguousarray(fixed.transpose(1, 0, 2)))):
        cv2.polylines(large, lines, False, 255, width, cv2.LINE_8, _SHIFT)
    if rng.random() < 0.5:
        for x, y in (fixed.reshape(-1, 2) >> _SHIFT).tolist():
            cv2.circle(large, (x, y), round(width * 0.9), 255, -1)
    alpha = averaged(large, size)
    texture = surface(size, rng, photographs)
    if rng.random() < 0.6:
        texture = np.float32(0.3) * texture + np.float32(0.7) * texture.mean((0, 1))  # threads of one colour
    threads = paint(texture, alpha)
    if rng.random() < 0.3:
        return threads
    distance = depth(random_outline(size, rng, large=True))
    inside = (distance + np.float32(0.5)).clip(0, 1)
    rim = (np.float32(rng.uniform(1, 12)) - np.abs(distance)).clip(0, 1)
    return over(paint(surface(size, rng, photographs), rim), threads * inside[..., None])


def _lattice(size: int, pitch: float, rng: np.random.Generator) -> Plane:
    """Return bent crossings (rows, columns, 2) of a square or slanting lattice, in pixels."""
    count = int(1.7 * size / pitch) + 3
    u, v = np.meshgrid(np.arange(count) - count / 2, np.arange(count) - count / 2)
    angle, shear = rng.uniform(0, np.pi), rng.uniform(-0.6, 0.6)
    x, y = pitch * (u + shear * v), pitch * v * rng.uniform(0.7, 1.3)
    nodes = (
        np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], -1)
        + size / 2
    )
    for _ in range(2):
        bend, cells = rng.uniform(0, 0.06) * size, rng.uniform(1, 5)
        fields = np.stack([smooth_noise(size, cells, rng), smooth_noise(size, cells, rng)], -1)
        at = nodes.clip(0, size - 1).astype(int)
        nodes = nodes + bend * fields[at[..., 1], at[..., 0]]
    return nodes + rng.normal(0, pitch * rng.uniform(0, 0.15), nodes.shape)
