"""Drawn foregrounds with exact mattes: hair, a veil, glass, a net.

They are meant for trials without downloads and for tests; a network trained on them is no substitute for one
trained on real hair. A foreground is a pure function of its name. Training and test foregrounds differ,
and so do the photographs behind them.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from indexnet_engine.errors import UserError
from indexnet_engine.images.sample_photos import Split, photographs
from indexnet_matting.data.backgrounds import cover
from indexnet_matting.data.crop import composite
from indexnet_matting.data.foregrounds import Foreground, unknown_pixels

__all__ = ["NAMES", "Scene", "SyntheticForegrounds", "draw_foreground", "synthetic_scene", "synthetic_scenes"]

NAMES: dict[Split, tuple[str, ...]] = {
    "train": tuple(
        f"{kind}-{number}" for number in (1, 2, 3, 4) for kind in ("hair", "veil", "glass", "net")
    ),
    "test": ("hair-11", "veil-11", "glass-11", "net-11"),
}
"""Kind and number of each foreground."""

SIDE: dict[Split, int] = {"train": 640, "test": 384}
"""Foregrounds are squares of this side; those for evaluation are smaller, which is quicker."""

_OVERSAMPLING = 4  # lines are drawn this much larger and averaged, which gives coverage in steps of 1/16

Curves = list[NDArray[np.float64]]
Plane = NDArray[np.float64]


class Scene(NamedTuple):
    """A foreground over a photograph."""

    image: NDArray[np.float32]
    """(H, W, 3) in [0, 1]"""
    alpha: NDArray[np.float32]
    """(H, W) in [0, 1]"""


class SyntheticForegrounds:
    """The foregrounds of a split, drawn when they are first asked for."""

    def __init__(self, split: Split) -> None:
        self.split = split

    def __len__(self) -> int:
        return len(NAMES[self.split])

    def __getitem__(self, index: int) -> Foreground:
        return _foreground(NAMES[self.split][index], SIDE[self.split])


def synthetic_scenes() -> list[str]:
    """Return the names of the test scenes: every test foreground over two of the held-out photographs.

    >>> synthetic_scenes()[:2]
    ['hair-11-camera', 'hair-11-chelsea']
    """
    scenes = list(_photographs())
    return [
        f"{name}-{scenes[(number + shift) % len(scenes)]}"
        for number, name in enumerate(NAMES["test"])
        for shift in (0, 1)
    ]


def synthetic_scene(name: str) -> Scene:
    """Make a test scene; its name gives foreground and photograph.

    Raises:
        KeyError: there is no scene of this name.
    """
    if name not in synthetic_scenes():
        raise KeyError(name)
    foreground, _, photograph = name.rpartition("-")
    rgba = _unit(_foreground(foreground, SIDE["test"]).rgba)
    picture = _unit(cover(Image.fromarray(_photographs()[photograph]), 0.5, SIDE["test"]))
    return Scene(composite(rgba[..., :3], rgba[..., 3], picture), rgba[..., 3])


def draw_foreground(name: str, side: int) -> NDArray[np.uint8]:
    """Draw a foreground.

    Args:
        name: kind and number, ``"hair-1"``: hair, veil, glass or net.
        side: side of the square in pixels.

    Returns:
        uint8 (side, side, 4): colours, not multiplied by alpha, and alpha.

    Raises:
        UserError: another kind.
    """
    kind = name.partition("-")[0]
    if kind not in _KINDS:
        raise UserError(f"no builtin foreground {name!r}; kinds are {', '.join(_KINDS)}")
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()))
    colour, alpha = _KINDS[kind](side, rng)
    rgba = np.concatenate([colour, alpha[..., None]], 2)
    return np.rint(255 * rgba.clip(0, 1)).astype(np.uint8)


@cache
def _foreground(name: str, side: int) -> Foreground:
    rgba = draw_foreground(name, side)
    rgba.flags.writeable = False
    return Foreground(rgba, unknown_pixels(rgba[..., 3]))


@cache
def _photographs() -> dict[str, NDArray[np.uint8]]:
    return {name: np.rint(255 * image).astype(np.uint8) for name, image in photographs("test", 3).items()}


def _unit(values: NDArray[np.uint8]) -> NDArray[np.float32]:
    return values.astype(np.float32) / np.float32(255)


def _hair(side: int, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Draw an opaque head with curling strands, one to two pixels thin, some half transparent."""
    x, y = _grid(side)
    centre, radius = np.array([rng.uniform(0.4, 0.6), rng.uniform(0.6, 0.7)]), rng.uniform(0.18, 0.24)
    angles = rng.uniform(-np.pi, 0.15, 320) + rng.uniform(-0.2, 0.2)
    curl, wave = rng.normal(0, 0.05, 320), rng.uniform(0.2, 0.6)
    curves = []
    for angle, bend in zip(angles, curl):
        steps = np.arange(26)
        waves = 0.4 * wave * np.sin(steps / 5 + angle) + rng.normal(0, 0.05, 26).cumsum()
        headings = angle + bend * steps + waves
        length = rng.uniform(0.006, 0.016)
        start = centre + 0.95 * radius * np.array([np.cos(angle), 1.25 * np.sin(angle)])
        curves.append(start + length * np.stack([np.cos(headings), np.sin(headings)], 1).cumsum(0))
    base = _tone(rng)
    colour, alpha = _strands(side, curves, base, rng)
    u, v = (x - centre[0]) / radius, (y - centre[1]) / radius
    head = _soft_edge((np.hypot(u, v / 1.25) - 1) * radius * side)
    shade = (0.6 + 0.5 * radius * (v + 1))[..., None] * base + 0.05 * _ripple(x, y, 40, rng)[..., None]
    return head[..., None] * shade + (1 - head[..., None]) * colour, np.maximum(alpha, head)


def _veil(side: int, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Draw thin cloth in folds: alpha changes smoothly between a sixth and nine tenths."""
    x, y = _grid(side)
    folds = 0.5 + 0.25 * (_ripple(x, y, 9, rng) + _ripple(x, y, 23, rng))
    body = _soft_edge(_blob(x, y, rng) * side, width=rng.uniform(2, 14))
    colour = _tone(rng, bright=True) * (0.65 + 0.35 * folds[..., None])
    return colour, body * (0.16 + 0.74 * folds)


def _glass(side: int, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Draw a clear body with a dense rim and opaque highlights."""
    x, y = _grid(side)
    depth = _blob(x, y, rng)  # negative inside
    rim = np.exp(-((depth / rng.uniform(0.01, 0.03)) ** 2))
    lights = np.zeros_like(x)
    for _ in range(4):
        u, v = rng.uniform(0.3, 0.7, 2)
        distance = ((x - u) / rng.uniform(0.01, 0.05)) ** 2 + ((y - v) / rng.uniform(0.01, 0.08)) ** 2
        lights = np.maximum(lights, 1.2 * np.exp(-distance))
    alpha = _soft_edge(depth * side) * np.maximum(rng.uniform(0.08, 0.3) + 0.7 * rim, lights).clip(0, 1)
    tint = _tone(rng, bright=True) * (1 - 0.5 * rim[..., None])
    return tint + lights.clip(0, 1)[..., None] * (1 - tint), alpha


def _net(side: int, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Draw two families of thin wavy threads within an opaque frame."""
    x, y = _grid(side)
    turn, along = rng.uniform(0, np.pi), np.linspace(-0.75, 0.75, 80)
    curves = []
    for angle in (turn, turn + rng.uniform(1.2, 1.9)):
        forward, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        amplitude, frequency = rng.uniform(0.004, 0.02), rng.uniform(6, 14)
        for offset in np.arange(-0.7, 0.7, rng.uniform(0.025, 0.05)):
            sway = offset + amplitude * np.sin(frequency * along + rng.uniform(0, 1))
            curves.append(0.5 + along[:, None] * forward + sway[:, None] * across)
    base = _tone(rng)
    colour, alpha = _strands(side, curves, base, rng)
    depth = _blob(x, y, rng)
    inside, frame = _soft_edge(depth * side), _soft_edge((np.abs(depth + 0.02) - 0.02) * side)
    weave = base * (0.8 + 0.2 * _ripple(x, y, 60, rng)[..., None])
    return frame[..., None] * weave + (1 - frame[..., None]) * colour, np.maximum(alpha * inside, frame)


_KINDS: dict[str, Callable[[int, np.random.Generator], tuple[Plane, Plane]]] = {
    "hair": _hair,
    "veil": _veil,
    "glass": _glass,
    "net": _net,
}


def _grid(side: int) -> tuple[Plane, Plane]:
    """Return the pixel centres, x and y from 0 to 1."""
    centres = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(centres, centres)
    return x, y


def _tone(rng: np.random.Generator, *, bright: bool = False) -> NDArray[np.float64]:
    """Return a colour, (3,)."""
    return rng.uniform(0.55, 1.0, 3) if bright else rng.uniform(0.2, 0.9) * rng.uniform(0.5, 1.0, 3)


def _ripple(x: Plane, y: Plane, frequency: float, rng: np.random.Generator) -> Plane:
    """Return the waves in a random direction, bent by longer ones; from -1 to 1."""
    angle, bend, phase = rng.uniform(0, np.pi), rng.uniform(0.5, 2), rng.uniform(0, 2 * np.pi)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    return np.sin(frequency * along + bend * np.sin(5 * across + phase) + phase)


def _blob(x: Plane, y: Plane, rng: np.random.Generator) -> Plane:
    """Return the approximate signed distance from a round outline, in sides of the image; negative inside."""
    angle = np.arctan2(y - 0.5, x - 0.5)
    radius = np.full_like(x, rng.uniform(0.3, 0.38))
    for lobes in (2, 3, 5):
        radius += rng.uniform(0, 0.06 / lobes) * np.sin(lobes * angle + rng.uniform(0, 2 * np.pi))
    return np.hypot(x - 0.5, y - 0.5) - radius


def _soft_edge(distance: Plane, width: float = 1.0) -> Plane:
    """Return coverage from a signed distance in pixels: 1 inside, 0 outside, a ramp of ``width`` between."""
    return (0.5 - distance / width).clip(0, 1)


def _strands(
    side: int, curves: Curves, base: NDArray[np.float64], rng: np.random.Generator
) -> tuple[Plane, Plane]:
    """Draw lines one to two pixels wide; their colours extend further, so that every covered pixel has one.

    Args:
        side: side of the image in pixels.
        curves: points (N, 2) of each line, x and y from 0 to 1; the densest lines come last, on top.
        base: colour (3,) that each line varies.
        rng: generator of widths, densities and shades.
    """
    large = Image.new("L", (side * _OVERSAMPLING,) * 2)
    colours = Image.new("RGB", (side, side), _bytes(base))
    coverage_pen, colour_pen = ImageDraw.Draw(large), ImageDraw.Draw(colours)
    for curve, density in zip(curves, np.sort(rng.uniform(0.5, 1.15, len(curves))).clip(0, 1)):
        points = [tuple(point) for point in (curve * side).tolist()]
        colour_pen.line(points, _bytes(base * rng.uniform(0.6, 1.4)), width=6)
        scaled = [(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points]
        coverage_pen.line(scaled, round(255 * density), width=int(rng.integers(3, 9)), joint="curve")
    return np.asarray(colours) / 255, np.asarray(large.reduce(_OVERSAMPLING)) / 255


def _bytes(colour: NDArray[np.float64]) -> tuple[int, int, int]:
    red, green, blue = (round(255 * value) for value in colour.clip(0, 1).tolist())
    return red, green, blue
