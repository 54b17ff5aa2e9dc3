"""From a clean composite to a file: noise of a sensor, sharpening, JPEG, 8 bits."""

import numpy as np

from indexnet_engine.images.jpeg import compress_as_jpeg
from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Plane
from indexnet_matting.data.generator.optics import soften

__all__ = ["degrade", "tone"]


def tone(rng: np.random.Generator, *images: Plane) -> list[Plane]:
    """Apply one random tone curve and colour cast to several images, and clip them to [0, 1]."""
    images = tuple(image.clip(0, 1) for image in images)
    if rng.random() < 0.4:
        return list(images)
    gamma = np.float32(np.exp(rng.normal(0, 0.3)))
    cast = np.exp(rng.normal(0, 0.06, 3)).astype(np.float32)
    black = np.float32(rng.uniform(0, 0.08) if rng.random() < 0.3 else 0)
    white = np.float32(rng.uniform(0.8, 1) if rng.random() < 0.3 else 1)
    return [(black + (white - black) * np.power(image, gamma) * cast).clip(0, 1) for image in images]


def degrade(image: Plane, rng: np.random.Generator) -> Plane:
    """Return what a camera would have stored instead of a clean image (H, W, 3) in [0, 1]; with 8 bits."""
    if rng.random() < 0.4:
        image = image + _noise(image, rng)
    if rng.random() < 0.15:  # sharpened, with halos
        image = image + np.float32(rng.uniform(0.2, 0.8)) * (image - soften(image, rng.uniform(0.6, 1.5)))
    stored = np.rint(image.clip(0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.4:
        stored = compress_as_jpeg(stored, int(rng.integers(55, 98)))
    return stored * np.float32(1 / 255)


def _noise(image: Plane, rng: np.random.Generator) -> Plane:
    """Draw noise that grows with brightness; blurred at times, as demosaicing leaves it."""
    read, shot = log_uniform(rng, 0.002, 0.02, 2).astype(np.float32)
    noise = rng.standard_normal(image.shape, np.float32)
    if rng.random() < 0.5:
        noise = soften(noise, rng.uniform(0.4, 0.8)) * np.float32(1.5)
    return noise * (read + shot * np.sqrt(image.clip(0, 1)))
