"""Trimaps: reading them, and making them from mattes and masks.

A trimap is uint8 (H, W): 0 is background, 255 foreground, 128 unknown. Alpha is predicted, and measured, in
the unknown region.
"""

import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image
from indexnet_engine.inference.image_input import ImageLike
from indexnet_engine.progress import say_once

__all__ = [
    "BACKGROUND",
    "FOREGROUND",
    "MAX_RADIUS",
    "UNKNOWN",
    "as_trimap",
    "odd_unknowns",
    "random_trimap",
    "read_trimap",
    "require_unknown",
    "trimap_from_alpha",
]

BACKGROUND, UNKNOWN, FOREGROUND = np.uint8(0), np.uint8(128), np.uint8(255)

MAX_RADIUS = 19
"""The largest radius of `random_trimap`, in pixels."""

_BY_ROWS = 64  # largest radius that is dilated row by row; beyond it a distance transform is faster


def as_trimap(trimap: ImageLike) -> NDArray[np.uint8]:
    """Take a trimap from Python; see `indexnet_matting.predictor.MattingPredictor`.

    Trimaps on other scales are refused: they would lead to a matte that looks plausible and is wrong.

    Returns:
        uint8 (H, W) of 0, 128 and 255.

    Raises:
        UserError: it is anything else.
    """
    if isinstance(trimap, Tensor):
        trimap = trimap.squeeze(0).cpu().numpy()
    values = np.asarray(trimap)
    if values.ndim != 2 or values.dtype != np.uint8 or not np.isin(values, (0, 128, 255)).all():
        raise UserError(
            f"the trimap: expected uint8 (H, W) of 0, 128 and 255, got {values.dtype} {values.shape} "
            f"from {values.min()} to {values.max()}"
        )
    return values


def read_trimap(path: str | Path, *, tell: bool = False) -> NDArray[np.uint8]:
    """Read a trimap, gray or with three equal channels.

    All values strictly between 0 and 255 are unknown: some tools write 127, and a test for 128 only would
    silently lose the unknown region.

    Args:
        path: the file.
        tell: whether to print to stderr, once per file, how many unknown pixels are not 128, if any.

    Returns:
        uint8 (H, W) of 0, 128 and 255.

    Raises:
        UserError: the file cannot be read, has transparency, or channels that differ.
    """
    levels = _levels(path)
    unknown = _between(levels)
    if tell:
        _tell_odd(levels[unknown & (levels != UNKNOWN)], path)
    return np.where(unknown, UNKNOWN, levels)


def odd_unknowns(trimap: str | Path | NDArray[np.uint8]) -> int:
    """Count the unknown pixels that are not 128, in a file or an array (H, W) of a file's values.

    >>> odd_unknowns(np.uint8([[0, 127, 128, 129, 255]]))
    2
    """
    levels = trimap if isinstance(trimap, np.ndarray) else _levels(trimap)
    return int(np.count_nonzero(_between(levels) & (levels != UNKNOWN)))


def require_unknown(trimap: NDArray[np.uint8], name: str | Path) -> None:
    """Refuse a trimap without unknown pixels.

    Args:
        trimap: uint8 (H, W).
        name: its file, begins the message.

    Raises:
        UserError: every pixel is 0 or 255.
    """
    if not _between(trimap).any():
        raise UserError(
            f"{name}: no unknown pixels, all are 0 or 255; mark the pixels to predict with 128 "
            "(indexnet-matting trimap makes a trimap from a mask)"
        )


def trimap_from_alpha(
    alpha: NDArray[np.float32 | np.uint8 | np.bool_], erode: int, dilate: int
) -> NDArray[np.uint8]:
    """Make a trimap from a matte, or from a binary mask.

    Pixels that are neither opaque nor transparent are unknown; so are opaque pixels at most ``erode`` pixels
    from one that is not opaque, and transparent pixels at most ``dilate`` pixels from one that is not
    transparent, both as Euclidean distances between pixel centres. With equal radii this dilates the unknown
    region by a disc, and a hard edge, where opaque and transparent pixels touch, counts as unknown, too.

    Args:
        alpha: (H, W), floats in [0, 1], uint8 or bool.
        erode: how far the unknown region reaches into the foreground, in pixels; 0 for not at all.
        dilate: how far the unknown region reaches into the background, in pixels; 0 for not at all.

    Returns:
        uint8 (H, W) of 0, 128 and 255.

    Raises:
        UserError: a radius is negative.

    >>> trimap_from_alpha(np.array([[0, 0, 0, 1, 1, 1]], bool), erode=1, dilate=2).tolist()
    [[0, 128, 128, 128, 255, 255]]
    >>> trimap_from_alpha(np.float32([[0, 0, 0.5, 1, 1]]), erode=0, dilate=1).tolist()
    [[0, 128, 128, 255, 255]]
    """
    for name, radius in (("erode", erode), ("dilate", dilate)):
        if radius < 0:
            raise UserError(f"{name} must not be negative, got {radius}")
    opaque = alpha >= (255 if alpha.dtype == np.uint8 else 1)
    transparent = alpha <= 0
    foreground = opaque & ~_near(~opaque, erode)
    background = transparent & ~_near(~transparent, dilate)
    trimap = np.full(alpha.shape, UNKNOWN)
    trimap[foreground] = FOREGROUND
    trimap[background] = BACKGROUND
    return trimap


def random_trimap(
    alpha: NDArray[np.float32 | np.uint8 | np.bool_], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Make a training trimap: as `trimap_from_alpha`, both radii the same number from 1 to 19.

    Args:
        alpha: (H, W), floats in [0, 1], uint8 or bool.
        rng: generator of the radius; one number is drawn.
    """
    radius = int(rng.integers(1, MAX_RADIUS + 1))
    return trimap_from_alpha(alpha, radius, radius)


def _near(region: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Dilate a region (H, W) by a disc."""
    if radius == 0 or not region.any():
        return region
    if radius <= _BY_ROWS:
        return _dilated_by_rows(region, radius)
    distance = cv2.distanceTransform((~region).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return distance <= radius


def _dilated_by_rows(region: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Dilate by a disc, one row of the disc at a time, from its ends to its middle; fast for small discs."""
    height = len(region)
    widened, half = np.ascontiguousarray(region).view(np.uint8), 0
    near = np.zeros_like(widened)
    for away in range(min(radius, height - 1), -1, -1):
        more = math.isqrt(radius**2 - away**2) - half
        if more:
            widened = np.asarray(cv2.dilate(widened, np.ones((1, 2 * more + 1), np.uint8)), np.uint8)
            half += more
        near[away:] |= widened[: height - away]
        near[: height - away] |= widened[away:]
    return near.view(np.bool_)


def _levels(path: str | Path) -> NDArray[np.uint8]:
    """Read the values of a trimap on the 8-bit scale; values between 0 and 255 never round to either."""
    image = read_image(path)
    if image.shape[2] == 4:
        if image[..., 3].min() < 1:
            raise UserError(f"{path}: has transparency; save the trimap as a gray image")
        image = image[..., :3]
    if (image != image[..., :1]).any():
        raise UserError(f"{path}: its channels differ, so this is no trimap; save it as a gray image")
    values = image[..., 0]
    levels = np.rint(values * np.float32(255))
    inner = (values > 0) & (values < 1)
    return np.where(inner, levels.clip(1, 254), levels).astype(np.uint8)


def _tell_odd(odd: NDArray[np.uint8], path: str | Path) -> None:
    if odd.size:
        number = "1 unknown pixel is" if odd.size == 1 else f"{odd.size} unknown pixels are"
        span = " to ".join(str(value) for value in dict.fromkeys((odd.min(), odd.max())))
        say_once(f"note: {path}: {number} not 128 (but {span}); taken as unknown")


def _between(levels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return (levels > BACKGROUND) & (levels < FOREGROUND)
