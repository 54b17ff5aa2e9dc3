"""Cutting, resizing, colouring and normalising the window of an image that becomes a training crop."""

from typing import TypeVar

import numpy as np
import torch
import torchvision.transforms.v2.functional as functional
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from indexnet_engine.models.encoder_weights import IMAGENET_MEAN, IMAGENET_STD

__all__ = ["cut", "draw_place", "jittered", "normalise", "resize"]

_JITTERS = (functional.adjust_brightness, functional.adjust_contrast, functional.adjust_saturation)

ValueT = TypeVar("ValueT", bound=np.generic)


def normalise(image: Tensor) -> Tensor:
    """Subtract ImageNet's mean and divide by its standard deviation.

    Args:
        image: (..., 3, H, W) in [0, 1].
    """
    mean, std = (image.new_tensor(values)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_STD))
    return (image - mean).div_(std)


def cut(
    image: NDArray[ValueT], top: int, left: int, side: int, outside: float | tuple[float, ...]
) -> NDArray[ValueT]:
    """Cut a square out of an image (H, W, ...), continued outside the image; a view where it lies inside.

    >>> cut(np.arange(6).reshape(2, 3), -1, 1, 3, 9).tolist()
    [[9, 9, 9], [1, 2, 9], [4, 5, 9]]
    """
    height, width = image.shape[:2]
    rows, columns = slice(max(top, 0), min(top + side, height)), slice(max(left, 0), min(left + side, width))
    part = image[rows, columns]
    if part.shape[:2] == (side, side):
        return part
    result = np.full((side, side, *image.shape[2:]), outside, image.dtype)
    down, right = rows.start - top, columns.start - left
    result[down : down + part.shape[0], right : right + part.shape[1]] = part
    return result


def resize(image: Tensor, label: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Resize an image (3, h, w) smoothly and its label (h, w) by the nearest pixel, to squares."""
    if label.shape == (size, size):
        return image, label
    image = F.interpolate(image[None], (size, size), mode="bilinear", antialias=True)[0]
    rows, columns = (_nearest(length, size) for length in label.shape)
    return image, label.index_select(0, rows).index_select(1, columns)


def jittered(image: Tensor, jitter: float, rng: np.random.Generator) -> Tensor:
    """Change brightness, contrast and saturation of an image (3, H, W) in [0, 1], in a random order.

    Args:
        image: the image.
        jitter: the three factors are drawn from 1 - jitter to 1 + jitter.
        rng: generator of this sample.
    """
    factors, order = rng.uniform(1 - jitter, 1 + jitter, len(_JITTERS)), rng.permutation(len(_JITTERS))
    for position in order:
        image = _JITTERS[position](image, float(factors[position]))
    return image


def draw_place(length: int, side: int, rng: np.random.Generator) -> int:
    """Draw the start of a window: inside the image, or before it where the window is longer."""
    low, high = min(0, length - side), max(0, length - side)
    return int(rng.integers(low, high + 1))


def _nearest(length: int, size: int) -> Tensor:
    """Return the index of the nearest of ``length`` pixels for each of ``size`` new pixels, int64 (size,)."""
    places = torch.arange(length, dtype=torch.float32)  # exact up to 2**24
    return F.interpolate(places[None, None], size, mode="nearest-exact")[0, 0].long()
