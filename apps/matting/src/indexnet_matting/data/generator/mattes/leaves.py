"""Branches with leaves or needles."""

import cv2
import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer, Plane
from indexnet_matting.data.generator.noise import fractal_noise
from indexnet_matting.data.generator.outlines import Polygon, fill
from indexnet_matting.data.generator.strands import (
    Canvas,
    Strands,
    averaged,
    canvas,
    draw_strands,
    guides,
    shaded,
    tapered,
)
from indexnet_matting.data.generator.textures import Photographs, surface

__all__ = ["leaves"]


def leaves(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Draw twigs, and leaves or needles along them; the texture of a photograph shades all of them."""
    large = canvas(size)
    texture = surface(size, rng, photographs)
    twigs = _twigs(size, rng)
    bark = np.float32(rng.uniform(0.1, 0.6)) * np.array(
        [1, rng.uniform(0.7, 1), rng.uniform(0.4, 0.9)], np.float32
    )
    widths = np.sort(log_uniform(rng, 0.8, 7, len(twigs)))[::-1].astype(np.float32)
    stems = Strands(
        twigs[:, None], tapered(widths, 8, 0.3), shaded(np.broadcast_to(bark, (len(twigs), 3)), 8, rng)
    )
    draw_strands(large, stems)
    palette = np.asarray(cv2.resize(texture, (16, 16), interpolation=cv2.INTER_AREA), np.float32).reshape(
        -1, 3
    )
    if rng.random() < 0.5:
        green = np.array([rng.uniform(0.1, 0.6), rng.uniform(0.3, 0.7), rng.uniform(0.02, 0.3)], np.float32)
        palette = np.float32(0.35) * palette + np.float32(0.65) * green
    if rng.random() < 0.3:
        draw_strands(large, _needles(twigs, size, palette, rng))
    else:
        _foliage(large, twigs, size, palette, rng)
    layer = averaged(large, size)
    layer[..., :3] *= np.exp(np.float32(0.15) * fractal_noise(size, size / 16, rng, octaves=3))[
        ..., None
    ].clip(0, 1.15)
    np.minimum(layer[..., :3], layer[..., 3:], out=layer[..., :3])
    return layer


def _twigs(size: int, rng: np.random.Generator) -> Plane:
    """Grow a few branches from outside the middle, and twigs from them: (N, 24, 2)."""
    count = int(rng.integers(1, 4))
    angle = rng.uniform(0, 2 * np.pi, count)
    start = size * (
        0.5 + 0.55 * rng.uniform(0.4, 1, (count, 1)) * np.stack([np.cos(angle), np.sin(angle)], 1)
    )
    heading = angle + np.pi + rng.normal(0, 0.35, count)
    branches = _grow(start, heading, size * rng.uniform(0.6, 1.2, count), rng.normal(0, 0.5, count), rng)
    more = int(rng.integers(3, 26))
    which, where = rng.integers(count, size=more), rng.integers(3, 22, size=more)
    begin = branches[which, where]
    along = np.arctan2(*(branches[which, where + 1] - begin).T[::-1])
    side = rng.choice([-1, 1], more) * rng.uniform(0.3, 1.0, more)
    return np.concatenate(
        [
            branches,
            _grow(begin, along + side, size * rng.uniform(0.1, 0.5, more), rng.normal(0, 0.4, more), rng),
        ]
    )


def _grow(start: Plane, heading: Plane, lengths: Plane, bend: Plane, rng: np.random.Generator) -> Plane:
    return guides(start, heading, lengths, bend, 24, 0.06, rng)


def _needles(twigs: Plane, size: int, palette: Plane, rng: np.random.Generator) -> Strands:
    count, length = int(rng.integers(200, 900)), size * log_uniform(rng, 0.03, 0.2)
    which, where = rng.integers(len(twigs), size=count), rng.integers(4, 23, size=count)
    begin = twigs[which, where]
    along = np.arctan2(*(begin - twigs[which, where - 1]).T[::-1])
    heading = along + rng.choice([-1, 1], count) * rng.uniform(0.2, 1.1) + rng.normal(0, 0.2, count)
    points = guides(
        begin, heading, np.full(count, length), rng.normal(0, 0.3, count),
        5, 0.02, rng,
    )  # fmt: skip
    width = np.full(count, rng.uniform(0.5, 2.5), np.float32)
    return Strands(
        points[:, None],
        tapered(width, 3, 0.3),
        shaded(palette[rng.integers(len(palette), size=count)], 3, rng),
    )


def _foliage(large: Canvas, twigs: Plane, size: int, palette: Plane, rng: np.random.Generator) -> None:
    """Fill leaves, far ones first: two halves of different brightness, with a rib between them."""
    length = size * log_uniform(rng, 0.04, 0.3)
    count = int(rng.integers(20, 220) * (1 if length < 0.12 * size else 0.5))
    slim, teeth, point = rng.uniform(0.15, 0.6), rng.choice([0, 0, 0.06, 0.12]), rng.uniform(0.6, 1.4)
    lift, veined = rng.uniform(0.75, 0.98), length > 0.08 * size
    for _ in range(count):
        twig = twigs[rng.integers(len(twigs))]
        where = int(rng.integers(3, 23))
        along = np.arctan2(*(twig[where] - twig[where - 1])[::-1])
        heading = along + rng.choice([-1, 1]) * rng.uniform(0.2, 1.3)
        halves = _leaf(
            length * np.exp(rng.normal(0, 0.3)),
            slim * rng.uniform(0.4, 1.2),
            teeth,
            point,
            rng.normal(0, 0.25),
        )
        turn = np.array([[np.cos(heading), -np.sin(heading)], [np.sin(heading), np.cos(heading)]])
        colour = palette[rng.integers(len(palette))] * np.exp(rng.normal(0, 0.2))
        for half, bright in zip(halves, (1.0, lift)):
            fill(large, half @ turn.T + twig[where], _bytes(colour * bright))
        if veined:
            rib = np.concatenate(
                [halves[0][: len(halves[0]) // 2], halves[0][: len(halves[0]) // 2][::-1] + 0.5]
            )
            fill(large, rib @ turn.T + twig[where], _bytes(colour * 1.25))


def _leaf(length: float, slim: float, teeth: float, point: float, curl: float) -> tuple[Polygon, Polygon]:
    """Return both halves of a leaf that grows to the right from the origin; each begins with the rib."""
    along = np.linspace(0, 1, 24)
    rib = np.stack([along, curl * along**2], 1)
    wide = slim * 0.5 * np.sin(np.pi * along**point) * (1 + teeth * (np.arange(24) % 2 * 2 - 1))
    upper, lower = rib + np.stack([0 * along, wide], 1), rib - np.stack([0 * along, wide], 1)
    return length * np.concatenate([rib, upper[::-1]]), length * np.concatenate([rib, lower[::-1]])


def _bytes(colour: Plane) -> tuple[float, float, float, float]:
    red, green, blue = np.rint(255 * colour.clip(0, 1)).tolist()
    return red, green, blue, 255.0
