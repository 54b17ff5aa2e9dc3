"""Backgrounds: photographs, mostly out of focus, gradients and textures."""

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Plane
from indexnet_matting.data.generator.optics import defocus, soften
from indexnet_matting.data.generator.textures import Photographs, procedural, recolour

__all__ = ["alike", "backdrop"]


def backdrop(size: int, rng: np.random.Generator, photographs: Photographs) -> Plane:
    """Draw a background (size, size, 3) in [0, 1]."""
    if rng.random() < 0.1:
        return soften(procedural(size, rng), rng.uniform(0.3, 0.9))
    picture = photographs.cut(size, rng, fine=rng.random() < 0.5)
    if rng.random() < 0.4:
        picture = recolour(picture, rng)
    if rng.random() < 0.6:
        return defocus(picture, log_uniform(rng, 0.6, 14))
    return soften(picture, rng.uniform(0.0, 0.9))


def alike(background: Plane, foreground: Plane, alpha: Plane, rng: np.random.Generator) -> Plane:
    """Match a background to the mean, and in part the contrast, of the foreground's colours.

    With foreground and background of one colour only structure tells them apart.

    Args:
        background: (H, W, 3) in [0, 1].
        foreground: (H, W, 3) in [0, 1].
        alpha: (H, W) in [0, 1]; the foreground's colours are those of its opaque part.
        rng: generator of the strength.

    Returns:
        (H, W, 3) in [0, 1].
    """
    mean, deviation = _moments(foreground, (alpha > 0.5) if (alpha > 0.5).any() else alpha > 0)
    own_mean, own_deviation = _moments(background)
    own_deviation += np.float32(0.02)
    scale = (deviation / own_deviation).clip(0.3, 3) ** np.float32(rng.uniform(0, 1))
    target = mean + rng.normal(0, 0.05, 3).astype(np.float32)
    matched = (background - own_mean) * scale + target
    strength = np.float32(rng.uniform(0.6, 1))
    return np.asarray((background + strength * (matched - background)).clip(0, 1), np.float32)


def _moments(image: Plane, where: NDArray[np.bool_] | None = None) -> tuple[Plane, Plane]:
    """Return mean (3,) and deviation (3,) of an image (H, W, 3), or of a part of it."""
    mask = None if where is None else where.view(np.uint8)
    mean, deviation = cv2.meanStdDev(image, mask=mask)
    return mean[:, 0].astype(np.float32), deviation[:, 0].astype(np.float32)
