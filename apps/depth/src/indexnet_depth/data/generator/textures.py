"""Textures: photographs, and noise, wood, tiles, stripes, bricks and cloth, each in several sizes."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image

__all__ = ["PATTERNS", "SIDE", "TextureBank", "draw_pattern"]

SIDE = 256
"""Side in pixels of a texture."""

_LEVELS = 6  # each texture also at 1/2, 1/4, …, against aliasing on far surfaces
_STARTS = np.cumsum([0, *((SIDE >> level) ** 2 for level in range(_LEVELS))])  # start of each size
_OF_EACH = 4  # textures of each pattern
_SEED = 15  # the patterns are the same in every process

Plane = NDArray[np.float32]


class TextureBank:
    """All textures of the generator; number 0 is without structure (1 everywhere).

    They are read and drawn when they are first needed.

    Args:
        files: photographs.

    Attributes:
        photographs: the numbers of the photographs.
        patterns: name in `PATTERNS` -> the numbers of its textures.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        if not files:
            raise UserError("no photographs to cover surfaces with")
        self.files = tuple(files)
        numbers = range(1, 1 + _OF_EACH * len(PATTERNS))
        self.patterns = {name: numbers[_OF_EACH * i :][:_OF_EACH] for i, name in enumerate(PATTERNS)}
        self.photographs = range(numbers.stop, numbers.stop + len(files))

    def look_up(self, texture: int, u: Plane, v: Plane, covered: Plane) -> NDArray[np.uint8]:
        """Return the colours at points of a texture, which is mirrored beyond 0..1.

        Args:
            texture: its number.
            u: (N,) across, 0 to 1.
            v: (N,) down, 0 to 1.
            covered: (N,) the share of the texture that a pixel of the picture covers.

        Returns:
            (N, 3), roots of linear colours times 255.
        """
        u, v = (1 - np.abs(np.mod(places, 2) - 1) for places in (u, v))
        # The size at which a pixel of the picture covers about one of the texture.
        level = np.rint(np.log2(np.maximum(covered * SIDE, 1))).astype(np.int32).clip(0, _LEVELS - 1)
        side = np.right_shift(SIDE, level)
        rows, columns = (np.minimum((places * side).astype(np.int32), side - 1) for places in (v, u))
        places = texture * int(_STARTS[-1]) + _STARTS[level] + rows * side + columns
        return np.asarray(_pixels(self.files)[places])


@lru_cache(2)
def _pixels(files: tuple[Path, ...]) -> NDArray[np.uint8]:
    """Return the pixels of all textures, (N, 3): of each all its sizes."""
    rng = np.random.default_rng(_SEED)
    squares = [np.ones((SIDE, SIDE, 3), np.float32)]
    for draw in PATTERNS.values():
        squares += [np.repeat(_settled(draw(rng))[..., None], 3, 2) for _ in range(_OF_EACH)]
    for file in files:
        squares.append(_resized(read_image(file, 3), SIDE))
    sizes = [_resized(square, SIDE >> level) for square in squares for level in range(_LEVELS)]
    return np.concatenate([np.rint(255 * size.clip(0, 1)).astype(np.uint8).reshape(-1, 3) for size in sizes])


def draw_pattern(name: str, rng: np.random.Generator) -> Plane:
    """Draw a texture of a pattern, (SIDE, SIDE) in [0, 1], mean about 1/2."""
    return _settled(PATTERNS[name](rng))


def _settled(values: Plane) -> Plane:
    """Spread values over [0, 1]."""
    low, high = np.percentile(values, [1, 99])
    return ((values - low) / max(high - low, 1e-6)).clip(0, 1).astype(np.float32)


def _resized(image: Plane, side: int) -> Plane:
    if image.shape[:2] == (side, side):
        return image
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def _noise(rng: np.random.Generator, across: float, down: float, octaves: int = 5) -> Plane:
    """Draw smooth noise with so many cells across and down the texture, and finer ones over them."""
    total = np.zeros((SIDE, SIDE), np.float32)
    for octave in range(octaves):
        cells = [min(SIDE, max(2, round(count * 2**octave))) for count in (down, across)]
        coarse = rng.standard_normal(cells, np.float32)
        total += np.float32(0.6**octave) * cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return total


def _plaster(rng: np.random.Generator) -> Plane:
    fine = rng.standard_normal((SIDE, SIDE), np.float32)
    return _noise(rng, 3, 3) + np.float32(rng.uniform(0.1, 0.8)) * fine


def _wood(rng: np.random.Generator) -> Plane:
    x = np.linspace(0, rng.uniform(6, 20), SIDE, dtype=np.float32)[None] + _noise(rng, 3, 1, 3)
    return np.sin(2 * x) + np.float32(0.7) * _noise(rng, 60, 3, 3)


def _boards(rng: np.random.Generator) -> Plane:
    """Draw boards of a floor: each with its own tone, and dark gaps."""
    count = int(rng.choice([8, 12, 16]))
    column = np.arange(SIDE) * count // SIDE
    ends = (np.arange(SIDE)[:, None] + rng.integers(0, SIDE, count)[column]) % SIDE
    piece = column * 4 + ends * 2 // SIDE
    gap = (np.arange(SIDE) % (SIDE // count) == 0)[None] | (ends % (SIDE // 2) < 1)
    tone = rng.standard_normal(4 * count).astype(np.float32)[piece]
    return tone + np.float32(0.5) * _noise(rng, 60, 4, 3) - np.float32(2.5) * gap


def _tiles(rng: np.random.Generator) -> Plane:
    count = int(rng.choice([2, 3, 4, 6]))
    place = np.linspace(0, count, SIDE, endpoint=False)
    cell = place.astype(int)
    gap = np.abs(place % 1 - 0.5) > 0.5 - 0.02 * count / 2
    tone = rng.standard_normal((count, count)).astype(np.float32)[cell[:, None], cell[None]]
    sign = rng.choice([-1, 1]) * np.float32(2)
    return np.float32(0.3) * tone + np.float32(0.3) * _noise(rng, 4, 4) + sign * (gap[:, None] | gap[None])


def _bricks(rng: np.random.Generator) -> Plane:
    rows, columns = 8, 4
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    row = (y * rows).astype(int)
    shifted = x * columns + 0.5 * (row % 2)
    column = shifted.astype(int) % columns
    gap = (np.abs(y * rows % 1 - 0.5) > 0.44) | (np.abs(shifted % 1 - 0.5) > 0.47)
    tone = rng.standard_normal((rows, columns)).astype(np.float32)[row, column]
    return np.float32(0.5) * tone + np.float32(0.4) * _noise(rng, 8, 8) + np.float32(2) * gap


def _stripes(rng: np.random.Generator) -> Plane:
    x = np.linspace(0, 2 * np.pi * rng.integers(3, 24), SIDE, dtype=np.float32)
    stripes = np.tanh(np.sin(x) * np.float32(rng.uniform(0.5, 5)))
    return np.broadcast_to(stripes, (SIDE, SIDE)) + np.float32(0.15) * _noise(rng, 20, 20)


def _folds(rng: np.random.Generator) -> Plane:
    """Draw hanging cloth: wide and narrow folds."""
    x = np.linspace(0, 1, SIDE, dtype=np.float32)[None] + np.float32(0.01) * _noise(rng, 2, 2, 2)
    total = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(4):
        total += np.sin(2 * np.pi * (x * np.float32(rng.uniform(3, 14)) + np.float32(rng.random())))
    return total


def _books(rng: np.random.Generator) -> Plane:
    """Draw spines of books, with bands and labels."""
    edges = np.cumsum(rng.uniform(4, 14, 80)).astype(int)
    book = np.searchsorted(edges, np.arange(SIDE), side="right")
    tone = rng.uniform(0.1, 1, 81).astype(np.float32)[book][None].repeat(SIDE, 0)
    for number in range(81):
        inside = np.flatnonzero(book == number)
        if len(inside) > 3 and rng.random() < 0.7:
            top, high = int(rng.integers(10, 200)), int(rng.integers(8, 60))
            tone[top : top + high, inside[1:-1]] += np.float32(rng.choice([-0.5, 0.5]))
    tone[:, np.isin(np.arange(SIDE), edges)] = 0
    short = rng.integers(0, 60, 81)[book]
    tone[np.arange(SIDE)[:, None] < short[None]] = 0  # the dark above a book that is not as high
    return tone


def _weave(rng: np.random.Generator) -> Plane:
    fine = rng.standard_normal((SIDE, SIDE), np.float32)
    blotches = _noise(rng, 5, 5, 3)
    return cv2.GaussianBlur(fine, (0, 0), float(rng.uniform(0.5, 1.5))) * np.float32(2) + blotches


def _rug(rng: np.random.Generator) -> Plane:
    """Draw an ornament: a mirrored pattern of a few levels, with a border."""
    quarter = np.abs(_noise(rng, 8, 8, 2))[: SIDE // 2, : SIDE // 2]
    half = np.concatenate([quarter, quarter[:, ::-1]], 1)
    whole = np.floor(3 * np.concatenate([half, half[::-1]], 0))
    edge = np.minimum.outer(np.arange(SIDE), np.arange(SIDE))
    distance = np.minimum(edge, edge[::-1, ::-1])
    whole[(distance > 18) & (distance < 26)] = 6
    whole[distance <= 6] = 5
    return whole.astype(np.float32)


PATTERNS = {
    "plaster": _plaster,
    "wood": _wood,
    "boards": _boards,
    "tiles": _tiles,
    "bricks": _bricks,
    "stripes": _stripes,
    "folds": _folds,
    "books": _books,
    "weave": _weave,
    "rug": _rug,
}
"""Name -> function that draws (SIDE, SIDE) values of any range."""
