"""Random trimaps like those that people draw: narrow, wide, uneven, with a brush, with holes filled."""

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Plane
from indexnet_matting.data.generator.noise import smooth_noise
from indexnet_matting.data.trimap import BACKGROUND, FOREGROUND, UNKNOWN

__all__ = ["MAX_BAND", "drawn_trimap"]

MAX_BAND = 40
"""Largest distance in pixels from the nearest fractional pixel to the end of an unknown band."""


def drawn_trimap(alpha: Plane, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a trimap around a matte. Pixels with an alpha between 0 and 1 are always unknown.

    Args:
        alpha: (H, W) in [0, 1].
        rng: generator of style and widths.

    Returns:
        uint8 (H, W): 0, 128 or 255.
    """
    opaque, clear = alpha >= 1, alpha <= 0
    unsure = ~opaque & ~clear | _edges(opaque, clear)
    band = log_uniform(rng, 2, MAX_BAND)
    style = rng.random()
    distance = _distance(unsure)
    if style < 0.45:
        unknown = _ring(distance, opaque, band * rng.uniform(0.3, 1), band)
    elif style < 0.75:  # a band of uneven width
        field = smooth_noise(len(alpha), rng.uniform(2, 12), rng)
        reach = np.float32(0.6 * band) * (1 + np.float32(0.6) * field).clip(0.1, 1.6)
        unknown = distance <= reach
    else:
        unknown = _brushed(unsure, distance, band, rng)
    if rng.random() < 0.4:  # holes that nobody would outline
        unknown = _closed(unknown, log_uniform(rng, 2, 16), distance)
    unknown |= unsure
    trimap = np.full(alpha.shape, UNKNOWN)
    trimap[~unknown & opaque] = FOREGROUND
    trimap[~unknown & clear] = BACKGROUND
    return trimap


def _distance(region: NDArray[np.bool_]) -> Plane:
    """Return the distance of each pixel to a region, 0 inside."""
    outside = (~region).view(np.uint8)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)


def _edges(opaque: NDArray[np.bool_], clear: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where opaque and transparent pixels touch."""
    near = cv2.dilate(opaque.view(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    return np.asarray(near & clear)


def _ring(distance: Plane, opaque: NDArray[np.bool_], inwards: float, outwards: float) -> NDArray[np.bool_]:
    """Reach differently far into foreground and background."""
    return np.asarray(distance <= np.where(opaque, np.float32(inwards), np.float32(outwards)))


def _brushed(
    unsure: NDArray[np.bool_], distance: Plane, radius: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Paint discs along the unsure pixels until few of them stick out."""
    painted = (distance <= 1.5).astype(np.uint8)
    positions = np.flatnonzero(unsure)
    if len(positions):
        count = int(min(400, 40 + 6 * len(positions) / radius))
        rows, columns = np.divmod(rng.choice(positions, count), unsure.shape[1])
        radii = np.rint(radius * rng.uniform(0.4, 1, count)).astype(int).clip(1)
        shifts = np.rint(rng.normal(0, 0.3 * radius, (2, count))).astype(int)
        # Off its stroke by at most what keeps the disc within the band.
        shifts = shifts.clip(-(MAX_BAND - radii) * 0.7, (MAX_BAND - radii) * 0.7).astype(int)
        for x, y, size in zip(columns + shifts[0], rows + shifts[1], radii, strict=True):
            cv2.circle(painted, (int(x), int(y)), int(size), 1, -1)
    return painted.astype(bool)


def _closed(unknown: NDArray[np.bool_], radius: float, distance: Plane) -> NDArray[np.bool_]:
    """Fill holes and gaps of the unknown region that are narrower than twice ``radius``."""
    grown = _distance(unknown) <= radius
    back = _distance(~grown) > radius
    return np.asarray(unknown | (back & (distance <= MAX_BAND)))
