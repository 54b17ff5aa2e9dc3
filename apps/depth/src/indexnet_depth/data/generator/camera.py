"""From light to a file: exposure, white balance, blur, vignetting, noise, tone curve, sharpening, JPEG."""

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_engine.images.jpeg import compress_as_jpeg
from indexnet_engine.randomness import log_uniform

__all__ = ["develop"]

Plane = NDArray[np.float32]


def develop(light: Plane, rng: np.random.Generator) -> Plane:
    """Take a photograph of light.

    Args:
        light: (H, W, 3), linear, of any strength.
        rng: generator of the camera.

    Returns:
        float32 (H, W, 3) in [0, 1], of 8 bits.
    """
    height, width, _ = light.shape
    light = _exposed(light, rng)
    light = _blurred(light, rng)
    if rng.random() < 0.6:
        y, x = np.linspace(-1, 1, height, dtype=np.float32), np.linspace(-1, 1, width, dtype=np.float32)
        strength = np.float32(rng.uniform(0, 0.25))
        light = light / (1 + strength * (y[:, None] ** 2 + x[None] ** 2))[..., None]
    read, shot = log_uniform(rng, (0.0005, 0.002), (0.008, 0.03)).astype(np.float32)
    noise = rng.standard_normal(light.shape, np.float32) * np.sqrt(read**2 + shot**2 * light.clip(0, 1))
    if rng.random() < 0.5:  # as demosaicing and resizing leave it
        noise = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.4, 0.8)))
    image = _toned(light + noise, rng)
    if rng.random() < 0.3:
        image = image + np.float32(rng.uniform(0.2, 0.8)) * (image - cv2.GaussianBlur(image, (0, 0), 1.0))
    stored = np.rint(255 * image.clip(0, 1)).astype(np.uint8)
    if rng.random() < 0.5:
        stored = compress_as_jpeg(stored, int(rng.integers(45, 97)))
    return stored * np.float32(1 / 255)


def _exposed(light: Plane, rng: np.random.Generator) -> Plane:
    """Scale to a brightness as an automatic exposure does, not always well, and balance the colours."""
    gray = np.sqrt(light.mean(2))
    wanted = rng.uniform(0.3, 0.62)  # of the mean after the tone curve
    mean = np.array([light[..., channel].mean() for channel in range(3)], np.float32)
    balance = (mean.mean() / np.maximum(mean, 1e-6)) ** np.float32(rng.uniform(0.3, 1))
    cast = np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)
    return light * (np.float32((wanted / max(float(gray.mean()), 1e-4)) ** 2) * balance * cast)


def _blurred(light: Plane, rng: np.random.Generator) -> Plane:
    kind = rng.random()
    light = np.asarray(np.minimum(light, 4), np.float32)  # a lamp does not outshine everything around it
    if kind < 0.5:
        return np.asarray(cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.3, 1.1))), np.float32)
    if kind < 0.6:  # a hand that moves
        length, angle = rng.uniform(1, 4), rng.uniform(0, np.pi)
        kernel = np.zeros((7, 7), np.float32)
        for part in np.linspace(-0.5, 0.5, 15):
            x, y = (3 + part * length * float(turn(angle)) for turn in (np.cos, np.sin))
            kernel[round(y), round(x)] += 1
        return np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum()), np.float32)
    return light


def _toned(light: Plane, rng: np.random.Generator) -> Plane:
    """Apply a tone curve: about a root, with more or less contrast and colour, and highlights that fade."""
    light = light.clip(0, None)
    if rng.random() < 0.5:
        light = light * (1 + light * np.float32(0.15)) / (1 + light * np.float32(0.45))
    image = np.sqrt(light.clip(0, 1.2))
    contrast, pivot = np.float32(rng.uniform(0.8, 1.3)), np.float32(0.45)
    image = (image - pivot) * contrast + pivot + np.float32(rng.uniform(-0.04, 0.04))
    saturation = np.float32(rng.uniform(0.6, 1.35))
    gray = image.mean(2, keepdims=True)
    return gray + saturation * (image - gray)
