"""What a lens does to a layer: its point spread, defocus, and motion."""

import cv2
import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Plane
from indexnet_matting.data.generator.noise import ramp, smooth_noise, smoothstep

__all__ = ["defocus", "disc", "expose", "line", "soften"]


def expose(layer: Plane, rng: np.random.Generator) -> Plane:
    """Blur a layer as a camera does: always a little, some out of focus, in parts or in all, or in motion.

    Args:
        layer: (H, W, 4), premultiplied.
        rng: generator of all choices.
    """
    layer = soften(layer, log_uniform(rng, 0.25, 1.4))
    kind = rng.random()
    if kind < 0.12:
        return defocus(layer, log_uniform(rng, 1, 9))
    if kind < 0.24:  # the depth of field ends within the object
        blurred = defocus(layer, log_uniform(rng, 1.5, 8))
        field = ramp(len(layer), rng) if rng.random() < 0.7 else smooth_noise(len(layer), 2, rng)
        weight = smoothstep(field, *np.sort(rng.uniform(-0.8, 0.8, 2)) + [0, 0.2])[..., None]
        return layer + weight * (blurred - layer)
    if kind < 0.31:
        return np.asarray(
            cv2.filter2D(layer, -1, line(rng.uniform(3, 24), rng.uniform(0, np.pi))), np.float32
        )
    return layer


def soften(image: Plane, sigma: float) -> Plane:
    """Blur with a Gaussian of ``sigma`` pixels."""
    if sigma < 0.2:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.float32)


def defocus(image: Plane, radius: float) -> Plane:
    """Blur with the image of a point out of focus: a disc with a radius in pixels.

    Large discs are applied at a lower resolution.
    """
    if radius < 0.5:
        return image
    if radius > 6:
        height, width = image.shape[:2]
        half = np.asarray(
            cv2.resize(image, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA), np.float32
        )
        return np.asarray(
            cv2.resize(defocus(half, radius / 2), (width, height), interpolation=cv2.INTER_LINEAR), np.float32
        )
    return np.asarray(cv2.filter2D(image, -1, disc(radius), borderType=cv2.BORDER_REFLECT_101), np.float32)


def disc(radius: float) -> Plane:
    """Return a disc with smooth edge whose values sum to one.

    >>> disc(1.0).shape, round(float(disc(1.0).sum()), 6)
    ((5, 5), 1.0)
    """
    reach = int(np.ceil(radius + 0.5))
    line_ = np.arange(-reach, reach + 1)
    kernel = (radius + 0.5 - np.hypot(line_[:, None], line_)).clip(0, 1).astype(np.float32)
    return kernel / kernel.sum()


def line(length: float, angle: float) -> Plane:
    """Return the trace of a point that moves ``length`` pixels: its values sum to one.

    >>> line(2.0, 0.0).astype(float).round(2).tolist()
    [[0.0, 0.0, 0.0], [0.33, 0.33, 0.33], [0.0, 0.0, 0.0]]
    """
    reach = max(1, int(np.ceil(length / 2)))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    count = 8 * reach + 1
    at = np.linspace(-length / 2, length / 2, count)
    columns = np.rint(reach + at * np.cos(angle)).astype(int)
    rows = np.rint(reach + at * np.sin(angle)).astype(int)
    np.add.at(kernel, (rows, columns), 1)
    return kernel / kernel.sum()
