"""Cutting a training sample and its trimap out of a foreground, and compositing it over a background.

Foregrounds have several million pixels, so only the crop is processed. Its trimap equals the part of the
whole image's trimap: the unknown region grows by at most `MARGIN` pixels, so a margin of that width suffices.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import OptionError
from indexnet_matting.data.foregrounds import Foreground
from indexnet_matting.data.trimap import MAX_RADIUS, random_trimap

__all__ = [
    "CROPS", "MARGIN", "Crop", "check_crops", "composite", "crop_trimap", "draw_crop", "draw_sample", "take",
]  # fmt: skip

CROPS = (320, 480, 640)
"""Sides of the crops of the released training, in pixels of the foreground."""

MARGIN = MAX_RADIUS
"""Radius in pixels within which alpha changes the trimap."""


class Crop(NamedTuple):
    """A square of an image."""

    top: int
    left: int
    side: int


def check_crops(crops: Sequence[int], size: int) -> tuple[int, ...]:
    """Check sides of crops and the side that they are resized to.

    Raises:
        UserError: there are none, or one is not positive.
    """
    if not crops or min(crops) < 1 or size < 1:
        raise OptionError("crops", f"and their size must be positive, got {list(crops)} and {size}")
    return tuple(int(side) for side in crops)


def draw_crop(
    unknown: NDArray[np.int64], height: int, width: int, sides: Sequence[int], rng: np.random.Generator
) -> Crop:
    """Draw a side and an unknown pixel, and centre the crop on it as far as the image's borders allow.

    In an image smaller than the side drawn, the crop has the image's shorter side.

    Args:
        unknown: flat positions of unknown pixels.
        height: height of the image in pixels.
        width: width of the image in pixels.
        sides: possible sides, with equal chances.
        rng: generator of side and pixel, drawn in this order.

    >>> draw_crop(np.array([1005]), 100, 100, [32], np.random.default_rng(0))  # row 10, column 5
    Crop(top=0, left=0, side=32)
    """
    side = min(int(sides[int(rng.integers(len(sides)))]), height, width)
    row, column = divmod(int(unknown[rng.integers(len(unknown))]), width)
    top = min(max(row - side // 2, 0), height - side)
    left = min(max(column - side // 2, 0), width - side)
    return Crop(top, left, side)


def take(image: NDArray[np.uint8], crop: Crop) -> NDArray[np.uint8]:
    """Return the crop's part of an image, as a view."""
    return image[crop.top : crop.top + crop.side, crop.left : crop.left + crop.side]


def crop_trimap(alpha: NDArray[np.uint8], crop: Crop, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Make the crop's part of a random trimap of the whole image.

    Args:
        alpha: whole matte (H, W), 0..255.
        crop: the part asked for.
        rng: generator of the radius.

    Returns:
        uint8 (side, side): 0, 128 or 255.
    """
    top, left = max(crop.top - MARGIN, 0), max(crop.left - MARGIN, 0)
    window = alpha[top : crop.top + crop.side + MARGIN, left : crop.left + crop.side + MARGIN]
    trimap = random_trimap(window, rng)
    return take(trimap, Crop(crop.top - top, crop.left - left, crop.side))


def draw_sample(
    foreground: Foreground, sides: Sequence[int], rng: np.random.Generator
) -> tuple[Crop, NDArray[np.uint8], NDArray[np.uint8]]:
    """Cut a random crop and its trimap, both at full resolution.

    Returns:
        Where it lies; colours and alpha, uint8 (side, side, 4); trimap, uint8 (side, side).
    """
    height, width, _ = foreground.rgba.shape
    crop = draw_crop(foreground.unknown, height, width, sides, rng)
    return crop, take(foreground.rgba, crop), crop_trimap(foreground.rgba[..., 3], crop, rng)


def composite(
    foreground: NDArray[np.float32], alpha: NDArray[np.float32], background: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Lay a foreground over a background: I = αF + (1 − α)B, in float, not rounded (Section 5.1).

    Shape:
        foreground (H, W, 3), alpha (H, W), background (H, W, 3), all in [0, 1] -> (H, W, 3)

    >>> red, blue = np.float32([[[1, 0, 0]]]), np.float32([[[0, 0, 1]]])
    >>> composite(red, np.float32([[0.25]]), blue).tolist()
    [[[0.25, 0.0, 0.75]]]
    """
    weight = alpha[..., None]
    return weight * foreground + (1 - weight) * background
