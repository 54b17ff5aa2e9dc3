"""Fur, wool and fluff: short tufts all around a body."""

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer, Plane, over, paint
from indexnet_matting.data.generator.noise import smooth_noise
from indexnet_matting.data.generator.outlines import depth, normals, random_outline
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

__all__ = ["fur"]


def fur(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Cover the edge of a body with tufts that are combed in one direction, wind around, or stand on end."""
    cover = random_outline(size, rng, large=True)
    distance = depth(cover)
    length = log_uniform(rng, 6, 45)
    texture = surface(size, rng, photographs)
    shade = np.float32(rng.uniform(0.6, 1))
    body = paint(shade * texture, (distance - np.float32(0.25 * length) + np.float32(0.5)).clip(0, 1))
    large = canvas(size)
    reach = length * log_uniform(rng, 0.7, 5)
    near = np.flatnonzero((distance > -1) & (distance < reach))
    if len(near):
        draw_strands(large, _coat(size, distance, near, length, texture, rng))
    return over(averaged(large, size), body)


def _coat(
    size: int,
    distance: Plane,
    near: NDArray[np.intp],
    length: float,
    texture: Plane,
    rng: np.random.Generator,
) -> Strands:
    """Grow tufts from the pixels ``near``, those farthest outside first."""
    thick = log_uniform(rng, 0.25, 1.4)
    count = int(min(len(near) * rng.uniform(0.05, 0.3) / thick, 40_000 / length, 1200)) + 40
    chosen = rng.choice(near, count)
    chosen = chosen[np.argsort(distance.ravel()[chosen] + rng.normal(0, 0.1 * length, count))]
    rows, columns = np.divmod(chosen, size)
    roots = np.stack([columns, rows], 1) + rng.uniform(0, 1, (count, 2))
    outward = normals(distance, 0.3 * length)
    comb = rng.normal(0, 0.6) + rng.uniform(0, 0.8) * smooth_noise(size, rng.uniform(2, 8), rng)
    heading = (outward + comb).ravel()[chosen] + rng.normal(0, rng.uniform(0.08, 0.45), count)
    uneven = (1 + 0.25 * smooth_noise(size, 5, rng).ravel()[chosen]).clip(0.4)
    lengths = length * uneven * np.exp(rng.normal(0, 0.25, count))
    woolly = rng.uniform(0.02, 0.2) if rng.random() < 0.75 else rng.uniform(0.2, 0.6)
    bends = rng.normal(rng.normal(0, 0.5), 0.3, count)
    curves = guides(roots, heading, lengths, bends, 8, woolly, rng)
    points = clumped(
        curves,
        int(rng.integers(3, 8)),
        rng.uniform(0.5, 2.5),
        rng.uniform(-0.5, 0.9),
        length * rng.uniform(0.02, 0.2),
        rng,
    )
    soft = cv2.GaussianBlur(texture, (0, 0), 1.5).reshape(-1, 3)
    widths = tapered(
        np.exp(rng.normal(np.log(thick), 0.2, count)).astype(np.float32), 4, rng.uniform(0.1, 0.5), 0.9
    )
    return Strands(points, widths, shaded(soft[chosen], 4, rng, variety=rng.uniform(0.05, 0.3)))
