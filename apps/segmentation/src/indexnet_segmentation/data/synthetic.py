"""Drawn scenes with exact labels: textured shapes, small dots and thin wires on photographs.

They are meant for trials without downloads and for tests; a network trained on them is no substitute for one
trained on real data. A scene is a pure function of its name. Training scenes are drawn on eight of the
photographs inside scikit-image; those of ``val`` and ``test`` are other drawings, on two other photographs
each.
"""

import hashlib
from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from indexnet_engine.images.sample_photos import photographs
from indexnet_segmentation.data.classes import SYNTHETIC
from indexnet_segmentation.data.labelled_images import LabelledImages, Split

__all__ = ["SCENES", "SIDE", "SyntheticScenes", "draw_scene"]

SCENES: dict[Split, int] = {"train": 64, "val": 8, "test": 8}
"""Number of scenes of each split."""

SIDE = 256
"""Scenes are squares of this side, in pixels."""

_BELOW: dict[Split, tuple[str, ...]] = {
    "train": ("astronaut", "brick", "coffee", "grass", "ihc", "moon", "motorcycle", "rocket"),
    "val": ("camera", "coins"),
    "test": ("chelsea", "gravel"),
}
_OVERSAMPLING = 4  # shapes are drawn this much larger and averaged, which gives coverage in steps of 1/16

Plane = NDArray[np.float64]
Points = NDArray[np.float64]
Place = tuple[slice, slice]
Pen = ImageDraw.ImageDraw


class SyntheticScenes(LabelledImages):
    """The scenes of a split, drawn when they are first asked for."""

    source = "builtin"
    classes = SYNTHETIC

    def __init__(self, split: Split) -> None:
        self.names = [f"{split}-{number:02}" for number in range(SCENES[split])]

    def read(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Draw a scene and its label; see the base class."""
        image, label = draw_scene(self.names[index])
        return image.astype(np.float32) / np.float32(255), label.astype(np.int64)


@lru_cache(maxsize=sum(SCENES.values()))
def draw_scene(name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw a scene, large shapes first.

    Args:
        name: split and number, ``"train-07"``.

    Returns:
        Image uint8 (256, 256, 3) and label uint8 (256, 256); a pixel has the class that covers at least half
        of it.
    """
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()))
    split, _, number = name.partition("-")
    below = {key: names for key, names in _BELOW.items() if key == split}.popitem()[1]
    image = _background(below[int(number) % len(below)], rng)
    label = np.zeros((SIDE, SIDE), np.uint8)
    for kind, (least, most) in _COUNTS.items():
        for _ in range(int(rng.integers(least, most + 1))):
            coverage, place = _coverage(_SHAPES[kind], rng)
            texture = _texture(SYNTHETIC.names.index(kind), place, rng)
            image[place] += coverage[..., None] * (texture - image[place])
            label[place][coverage >= 0.5] = SYNTHETIC.names.index(kind)
    image += rng.normal(0, 0.015, image.shape)
    pixels = np.rint(255 * image.clip(0, 1)).astype(np.uint8)
    for array in (pixels, label):
        array.flags.writeable = False
    return pixels, label


def _background(photograph: str, rng: np.random.Generator) -> Plane:
    """Draw a square window of a photograph, possibly mirrored, (256, 256, 3) in [0, 1]."""
    pixels = _photographs()[photograph]
    height, width, _ = pixels.shape
    side = int(rng.uniform(0.6, 1) * min(height, width))
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    window = Image.fromarray(pixels[top : top + side, left : left + side])
    scene = np.asarray(window.resize((SIDE, SIDE), Image.Resampling.BICUBIC)) / 255
    return scene[:, ::-1].copy() if rng.random() < 0.5 else scene


@cache
def _photographs() -> dict[str, NDArray[np.uint8]]:
    found = {**photographs("train", 3), **photographs("test", 3)}
    return {name: np.rint(255 * image).astype(np.uint8) for name, image in found.items()}


def _coverage(
    shape: Callable[[Pen, np.random.Generator], None], rng: np.random.Generator
) -> tuple[Plane, Place]:
    """Return a shape's coverage of each pixel, from 0 to 1, within the shape's bounding rectangle."""
    large = Image.new("L", (SIDE * _OVERSAMPLING,) * 2)
    shape(ImageDraw.Draw(large), rng)
    small = large.reduce(_OVERSAMPLING)
    left, top, right, bottom = small.getbbox() or (0, 0, 1, 1)
    place = slice(top, bottom), slice(left, right)
    return np.asarray(small)[place] / 255, place


def _texture(number: int, place: Place, rng: np.random.Generator) -> Plane:
    """Return the texture of a shape: stripes, squares or waves in a colour near that of its class, (h, w,
    3)."""
    y, x = np.mgrid[place].astype(np.float64)
    angle, period, phase = rng.uniform(0, np.pi), rng.uniform(5, 12), rng.uniform(0, 2 * np.pi)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    stripes = np.sin(2 * np.pi * along / period + phase)
    pattern = (
        np.sign(stripes),
        np.sign(stripes * np.sin(2 * np.pi * across / period)),
        np.sin(2 * np.pi * along / period + 2 * np.sin(across / period)),
    )[number % 3]
    base = np.array(SYNTHETIC.palette[number]) / 255 * rng.uniform(0.6, 1.0) + rng.normal(0, 0.08, 3)
    light = 1 + 0.25 * pattern + 0.15 * np.sin(along / 40 + phase)
    return (base * light[..., None]).clip(0, 1)


def _disc(pen: Pen, rng: np.random.Generator) -> None:
    _polygon(pen, rng, np.linspace(0, 2 * np.pi, 60), radius=rng.uniform(16, 40), squeeze=rng.uniform(0.6, 1))


def _box(pen: Pen, rng: np.random.Generator) -> None:
    half = rng.uniform(0.5, 1.0)  # angle of the corner around the centre
    corners = np.array([-half, half, np.pi - half, np.pi + half])
    _polygon(pen, rng, corners, radius=rng.uniform(18, 46))


def _triangle(pen: Pen, rng: np.random.Generator) -> None:
    corners = np.arange(3) * 2 * np.pi / 3 + rng.uniform(-0.4, 0.4, 3)
    _polygon(pen, rng, corners, radius=rng.uniform(22, 50))


def _ring(pen: Pen, rng: np.random.Generator) -> None:
    x, y = rng.uniform(20, SIDE - 20, 2) * _OVERSAMPLING
    radius, width = rng.uniform(12, 36) * _OVERSAMPLING, rng.uniform(2, 5) * _OVERSAMPLING
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=255, width=round(width))


def _wire(pen: Pen, rng: np.random.Generator) -> None:
    """Draw a line from one side of the scene to another, bent once or twice, 1.5 to 3 pixels wide."""
    steps = np.linspace(-0.1, 1.1, 60)
    ends = rng.uniform(0, SIDE, 2)
    bend = rng.uniform(-30, 30) * np.sin(np.pi * rng.uniform(1, 2.5) * steps)
    points = np.stack([steps * SIDE, ends[0] + steps * (ends[1] - ends[0]) + bend], 1)
    points = points[:, ::-1] if rng.random() < 0.5 else points
    width = round(rng.uniform(1.5, 3) * _OVERSAMPLING)
    pen.line(_scaled(points), fill=255, width=width, joint="curve")


def _dot(pen: Pen, rng: np.random.Generator) -> None:
    x, y = rng.uniform(4, SIDE - 4, 2) * _OVERSAMPLING
    radius = rng.uniform(1.8, 4.5) * _OVERSAMPLING
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


_SHAPES: dict[str, Callable[[Pen, np.random.Generator], None]] = {
    "disc": _disc,
    "box": _box,
    "triangle": _triangle,
    "ring": _ring,
    "wire": _wire,
    "dot": _dot,
}

_COUNTS = {"box": (1, 2), "disc": (1, 2), "triangle": (1, 2), "ring": (1, 3), "wire": (2, 4), "dot": (6, 12)}
"""Least and largest number of each shape in a scene, in the order in which they are drawn."""


def _polygon(pen: Pen, rng: np.random.Generator, angles: Plane, radius: float, squeeze: float = 1.0) -> None:
    """Fill the polygon with corners at these angles around a random centre, rotated at random."""
    turn, middle = rng.uniform(0, 2 * np.pi), rng.uniform(20, SIDE - 20, 2)
    x, y = radius * np.cos(angles), radius * squeeze * np.sin(angles)
    points = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], 1)
    pen.polygon(_scaled(middle + points), fill=255)


def _scaled(points: Points) -> list[tuple[float, float]]:
    return [(x, y) for x, y in (points * _OVERSAMPLING).tolist()]
