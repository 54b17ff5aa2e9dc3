"""Smooth random fields: value noise, its octaves, and directions."""

import cv2
import numpy as np

from indexnet_matting.data.generator.layers import Plane

__all__ = ["centres", "fractal_noise", "ramp", "smooth_noise", "smoothstep", "warp"]


def smooth_noise(size: int, cells: float, rng: np.random.Generator) -> Plane:
    """Interpolate normal random numbers on a grid bicubically: (size, size), mean about 0, deviation about 1.

    Args:
        size: side in pixels.
        cells: grid cells along the side.
        rng: generator of the numbers.
    """
    count = int(np.ceil(1.42 * cells)) + 4
    grid = rng.standard_normal((count, count), np.float32)
    scale, angle = cells / size, rng.uniform(0, np.pi / 2)  # turned, or octaves would share visible axes
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    middle, shift = (size - 1) / 2, (count - 1) / 2
    matrix = np.array(
        [[cos, -sin, shift - middle * (cos - sin)], [sin, cos, shift - middle * (sin + cos)]], np.float32
    )
    field = cv2.warpAffine(grid, matrix, (size, size), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    return np.asarray(field, np.float32) * np.float32(1.3)


def fractal_noise(
    size: int, cells: float, rng: np.random.Generator, *, octaves: int = 5, persistence: float = 0.55
) -> Plane:
    """Add octaves of `smooth_noise`, each with twice the cells: deviation about 1."""
    total, weight, power = np.zeros((size, size), np.float32), 1.0, 0.0
    for octave in range(octaves):
        frequency = cells * 2**octave
        if frequency > size:
            break
        total += np.float32(weight) * smooth_noise(size, frequency, rng)
        power, weight = power + weight**2, weight * persistence
    return total / np.float32(np.sqrt(power))


def warp(field: Plane, x: Plane, y: Plane) -> Plane:
    """Read a field at other positions (in pixels), mirrored at the borders."""
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.float32)


def centres(size: int) -> tuple[Plane, Plane]:
    """Return the pixel centres, x and y from 0 to 1."""
    line = (np.arange(size, dtype=np.float32) + np.float32(0.5)) / np.float32(size)
    x, y = np.meshgrid(line, line)
    return x, y


def ramp(size: int, rng: np.random.Generator) -> Plane:
    """Return a linear ramp in a random direction, from about -1 to 1."""
    x, y = centres(size)
    angle = rng.uniform(0, 2 * np.pi)
    return ((x - 0.5) * np.float32(2 * np.cos(angle)) + (y - 0.5) * np.float32(2 * np.sin(angle))).astype(
        np.float32
    )


def smoothstep(values: Plane, low: float, high: float) -> Plane:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``.

    >>> smoothstep(np.float32([0, 1, 2, 3, 4]), 1, 3).tolist()
    [0.0, 0.0, 0.5, 1.0, 1.0]
    """
    t = ((values - np.float32(low)) / np.float32(high - low)).clip(0, 1)
    return t * t * (3 - 2 * t)
