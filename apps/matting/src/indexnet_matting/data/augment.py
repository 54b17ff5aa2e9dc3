"""Resizing and flipping a crop: the only module that uses albumentations.

The library's own random state is not reproducible: forked worker processes inherit it and draw the same
numbers, and a seed given to ``Compose`` gives each transform the same stream. So each sample sets it, from
the sample's own generator.
"""

import os
import random
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from albumentations import Compose

__all__ = ["resize_and_flip"]

# Weight of a fully transparent pixel's colour beside that of an opaque one; see `resize_and_flip`.
_EPSILON = np.float32(1 / 1024)

# Weight of each alpha from 0 to 255, scaled to at most 1: the library clips floats to [0, 1].
_WEIGHTS = (np.arange(256, dtype=np.float32) / np.float32(255) + _EPSILON) / (1 + _EPSILON)

# Half a level of 8 bits: alpha nearer to 0 or 1 than this is rounding.
_TOLERANCE = np.float32(0.5 / 255)


def resize_and_flip(
    rgba: NDArray[np.uint8], trimap: NDArray[np.uint8], size: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
    """Resize a crop to the side that the network sees, and mirror half of all samples.

    Downwards by area averaging, upwards bilinearly. Colours are averaged with the weights alpha + 1/1024, so
    that the (mostly black) colours of transparent pixels do not bleed into hair; alpha is averaged as it
    is; the trimap takes the nearest pixel, and pixels with mixed alpha become unknown, too.

    Args:
        rgba: crop (s, s, 4), colours not multiplied by alpha.
        trimap: trimap of the crop (s, s): 0, 128 or 255.
        size: side of the result.
        rng: generator of this sample; one number is drawn.

    Returns:
        Foreground (size, size, 3) and alpha (size, size) in [0, 1], and the trimap (size, size).
    """
    compose, seed = _compose(size), int(rng.integers(2**63))
    compose.set_random_state(np.random.default_rng(seed), random.Random(seed))
    result = compose(image=_weighted(rgba), mask=trimap)
    foreground, alpha = _separate(result["image"])
    mixed = (alpha > 0) & (alpha < 1)
    return foreground, alpha, np.where(mixed, np.uint8(128), result["mask"])


def _weighted(rgba: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Multiply colours with their weights: (s, s, 4) float32 in [0, 1], the weight last."""
    weight = _WEIGHTS[rgba[..., 3]]
    layers = np.empty(rgba.shape, np.float32)
    layers[..., 3] = weight
    weight *= np.float32(1 / 255)
    for channel in range(3):  # plane by plane is twice as fast as broadcasting the weight
        np.multiply(rgba[..., channel], weight, out=layers[..., channel])
    return layers


def _separate(layers: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Undo `_weighted`: colours (s, s, 3) and alpha (s, s)."""
    weight = np.ascontiguousarray(layers[..., 3])
    foreground = np.empty((*weight.shape, 3), np.float32)
    for channel in range(3):
        np.divide(layers[..., channel], weight, out=foreground[..., channel])
    np.minimum(foreground, 1, out=foreground)
    alpha = weight * (1 + _EPSILON) - _EPSILON
    alpha[alpha < _TOLERANCE] = 0
    alpha[alpha > 1 - _TOLERANCE] = 1
    return foreground, alpha


@cache
def _compose(size: int) -> "Compose":
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # on import it would check for updates online
    import albumentations

    return albumentations.Compose(
        [
            albumentations.Resize(
                size,
                size,
                interpolation=cv2.INTER_LINEAR,
                area_for_downscale="image",
                mask_interpolation=cv2.INTER_NEAREST,
            ),
            albumentations.HorizontalFlip(p=0.5),
        ]
    )
