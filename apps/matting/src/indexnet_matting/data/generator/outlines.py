"""Random closed outlines, placed so that part of the edge lies near the middle of the image."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Plane
from indexnet_matting.data.generator.noise import fractal_noise, smoothstep
from indexnet_matting.data.generator.strands import OVERSAMPLING, averaged, canvas

__all__ = [
    "OUTLINES",
    "Polygon",
    "coverage",
    "depth",
    "fill",
    "normals",
    "outline",
    "place",
    "random_outline",
]

Polygon = NDArray[np.float64]
"""(N, 2): corners, x and y."""

_SHIFT = 4  # positions have this many binary digits after the point


def random_outline(size: int, rng: np.random.Generator, *, large: bool = False) -> Plane:
    """Draw the coverage (size, size) of a random shape.

    Args:
        size: side of the image in pixels.
        rng: generator of shape and place.
        large: whether the shape is at least half as wide as the image.
    """
    if rng.random() < 0.1:
        return _level_set(size, rng)
    polygons = OUTLINES[str(rng.choice(list(OUTLINES)))](rng)
    radius = size * log_uniform(rng, 0.3 if large else 0.18, 1.4)
    return coverage(size, place(polygons, size, radius, rng))


def outline(rng: np.random.Generator) -> list[Polygon]:
    """Draw a single round outline of about unit radius."""
    return _blob(rng)


def place(polygons: Sequence[Polygon], size: int, radius: float, rng: np.random.Generator) -> list[Polygon]:
    """Turn, stretch and scale polygons, and move one of their corners close to the middle of the image.

    Shapes that fit into the image are moved anywhere inside it.
    """
    angle, stretch = rng.uniform(0, 2 * np.pi), np.exp(rng.normal(0, 0.2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * [
        [stretch],
        [1 / stretch],
    ]
    turned = [radius * polygon @ turn.T for polygon in polygons]
    corners = np.concatenate(turned)
    if np.ptp(corners, 0).max() < 0.9 * size:
        room = size - np.ptp(corners, 0)
        shift = rng.uniform(0, 1, 2) * room - corners.min(0)
    else:
        shift = size * (0.5 + rng.normal(0, 0.1, 2)) - corners[rng.integers(len(corners))]
    return [polygon + shift for polygon in turned]


def coverage(size: int, polygons: Sequence[Polygon], holes: Sequence[Polygon] = ()) -> Plane:
    """Return the covered share of each pixel: the union of polygons, minus holes."""
    large = canvas(size, 1)[..., 0]
    for polygon in polygons:
        fill(large, polygon, 255)
    for polygon in holes:
        fill(large, polygon, 0)
    return averaged(large, size)


def fill(large: NDArray[np.uint8], polygon: Polygon, colour: float | Sequence[float]) -> None:
    """Fill a polygon, in pixels of the image, on the enlarged canvas."""
    limit = 20.0 * large.shape[0] / OVERSAMPLING  # OpenCV's fixed-point numbers overflow far outside
    corners = np.rint(polygon.clip(-limit, limit) * (OVERSAMPLING << _SHIFT)).astype(np.int32)
    cv2.fillPoly(large, [corners], colour, cv2.LINE_8, _SHIFT)


def depth(cover: Plane) -> Plane:
    """Return the distance to the edge in pixels: positive inside, negative outside."""
    inside = (cover >= 0.5).astype(np.uint8)
    if inside.all() or not inside.any():
        return np.full(cover.shape, 1e3 if inside.all() else -1e3, np.float32)
    within = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5)
    without = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(within - without, np.float32)


def normals(distance: Plane, smoothness: float) -> Plane:
    """Return the outward direction (H, W) in radians of a distance (`depth`)."""
    blurred = cv2.GaussianBlur(distance, (0, 0), max(smoothness, 0.8))
    right, down = cv2.Sobel(blurred, cv2.CV_32F, 1, 0), cv2.Sobel(blurred, cv2.CV_32F, 0, 1)
    return np.arctan2(-down, -right).astype(np.float32)


def _circle(count: int) -> NDArray[np.float64]:
    return np.linspace(0, 2 * np.pi, count, endpoint=False)


def _polar(radius: NDArray[np.float64]) -> Polygon:
    angle = _circle(len(radius))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


def _blob(rng: np.random.Generator) -> list[Polygon]:
    """Draw a circle with random Fourier coefficients."""
    angle, decay, power = _circle(256), rng.uniform(0.8, 2), rng.uniform(0, 0.45)
    radius = np.ones(256)
    for lobes in range(2, 13):
        radius += power * rng.normal() / lobes**decay * np.cos(lobes * angle + rng.uniform(0, 2 * np.pi))
    return [_polar(radius.clip(0.15))]


def _superformula(rng: np.random.Generator) -> list[Polygon]:
    """Draw a superformula (Gielis, 2003): stars, flowers, rounded polygons."""
    angle, lobes = _circle(360), int(rng.integers(2, 9))
    n1, n2, n3 = log_uniform(rng, 0.4, 6, 3)
    inner = np.abs(np.cos(lobes * angle / 4)) ** n2 + np.abs(np.sin(lobes * angle / 4)) ** n3
    radius = np.maximum(inner, 1e-4) ** (-1 / n1)
    return [_polar((radius / np.quantile(radius, 0.9)).clip(0.1, 1.5))]


def _corners(rng: np.random.Generator) -> list[Polygon]:
    """Draw a polygon with sharp or rounded corners."""
    count = int(rng.integers(3, 11))
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    radius = rng.uniform(0.35, 1.2, count)
    polygon = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    for _ in range(int(rng.choice([0, 1, 4]))):  # Chaikin's corner cutting
        following = np.roll(polygon, -1, 0)
        polygon = np.stack([0.75 * polygon + 0.25 * following, 0.25 * polygon + 0.75 * following], 1).reshape(
            -1, 2
        )
    return [polygon]


def _figure(rng: np.random.Generator) -> list[Polygon]:
    """Draw a body with head, ears and limbs, as toys and animals have."""
    parts = []
    place, spread = np.zeros(2), rng.uniform(0.4, 0.7)
    for number in range(int(rng.integers(3, 9))):
        size = spread * np.exp(rng.normal(0, 0.25)) * (1 if number == 0 else rng.uniform(0.3, 0.8))
        angle, slim = rng.uniform(0, 2 * np.pi), rng.uniform(0.35, 1)
        ellipse = _polar(np.full(96, size)) * [1, slim]
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        parts.append(ellipse @ turn.T + place)
        place = parts[int(rng.integers(len(parts)))][int(rng.integers(96))]
    return parts


def _limb(rng: np.random.Generator) -> list[Polygon]:
    """Draw winding bands of changing width: stems, ropes, arms, handles."""
    bands = []
    for _ in range(int(rng.integers(1, 4))):
        count = 80
        heading = (
            rng.uniform(0, 2 * np.pi)
            + np.cumsum(rng.normal(0, 0.12, count))
            + np.linspace(0, rng.normal(0, 1.5), count)
        )
        middle = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], 1), 0) * (2.4 / count)
        middle -= middle.mean(0)
        wide = rng.uniform(0.03, 0.25) * np.interp(
            np.linspace(0, 1, count), np.linspace(0, 1, 5), rng.uniform(0.4, 1.2, 5)
        )
        side = np.stack([-np.sin(heading), np.cos(heading)], 1) * wide[:, None]
        bands.append(np.concatenate([middle + side, (middle - side)[::-1]]))
    return bands


OUTLINES: dict[str, Callable[[np.random.Generator], list[Polygon]]] = {
    "blob": _blob,
    "superformula": _superformula,
    "corners": _corners,
    "figure": _figure,
    "limb": _limb,
}
"""Shapes of about unit radius, as polygons that are united."""


def _level_set(size: int, rng: np.random.Generator) -> Plane:
    """Cut a smooth random field at a height: coasts, islands, holes."""
    field = fractal_noise(size, rng.uniform(1, 3), rng, octaves=5, persistence=rng.uniform(0.35, 0.6))
    height = rng.normal(0, 0.4)
    across, down = np.gradient(field)
    steep = np.maximum(np.hypot(across, down), 1e-3).astype(np.float32)
    return smoothstep((field - np.float32(height)) / steep, -0.7, 0.7)
