"""Crowds of small things: drops, beads, foam, petals, confetti, gravel."""

import cv2
import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer, Plane
from indexnet_matting.data.generator.outlines import OUTLINES, fill
from indexnet_matting.data.generator.strands import OVERSAMPLING, averaged, canvas
from indexnet_matting.data.generator.textures import Photographs, surface

__all__ = ["particles"]


def particles(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Scatter small shapes, denser around one place, each with a lighter spot."""
    large = canvas(size)
    palette = _palette(surface(size, rng, photographs), rng)
    count = int(log_uniform(rng, 30, 350))
    typical = log_uniform(rng, 2, 26)
    kind = OUTLINES[str(rng.choice(["blob", "superformula", "corners"]))]
    shapes = [kind(rng)[0][::4] if kind is not OUTLINES["corners"] else kind(rng)[0] for _ in range(6)]
    middle, spread = size * rng.uniform(0.2, 0.8, 2), size * rng.uniform(0.1, 0.5)
    for _ in range(count):
        at, radius = middle + rng.normal(0, spread, 2), typical * np.exp(rng.normal(0, 0.4))
        angle = rng.uniform(0, 2 * np.pi)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shape = radius * shapes[int(rng.integers(len(shapes)))] @ turn.T + at
        colour = palette[int(rng.integers(len(palette)))] * np.float32(np.exp(rng.normal(0, 0.15)))
        fill(large, shape, _bytes(colour))
        if radius > 3:
            spot = at + 0.3 * radius * np.array([-0.7, -0.7])
            position = np.rint(spot * OVERSAMPLING).astype(int).clip(-9999, 9999).tolist()
            cv2.circle(
                large, position, round(0.25 * radius * OVERSAMPLING), _bytes(colour * np.float32(1.35)), -1
            )
    return averaged(large, size)


def _palette(texture: Plane, rng: np.random.Generator) -> Plane:
    small = cv2.resize(texture, (6, 6), interpolation=cv2.INTER_AREA).reshape(-1, 3)
    return np.asarray(small[rng.permutation(len(small))[: int(rng.integers(1, 12))]], np.float32)


def _bytes(colour: Plane) -> tuple[float, float, float, float]:
    red, green, blue = np.rint(255 * colour.clip(0, 1)).tolist()
    return red, green, blue, 255.0
