"""What panels show: which images, and which part of them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError

__all__ = ["SIDE", "choose", "middle"]

SIDE = 160
"""Side of a crop in pixels."""


def choose(words: Sequence[str], names: Sequence[str]) -> list[str]:
    """Choose the images to draw.

    Args:
        words: names of images, or one number of images, which are spread over the test data.
        names: those of the test data.

    Raises:
        UserError: no image has one of the names.

    >>> choose(["2"], ["a", "b", "c"])
    ['a', 'c']
    """
    if len(words) == 1 and words[0] not in names and words[0].isdecimal():
        count = min(int(words[0]), len(names))
        return [names[number] for number in np.linspace(0, len(names) - 1, count).round().astype(int)]
    if missing := [word for word in words if word not in names]:
        raise UserError(f"--panels: no test image {missing[0]}")
    return list(words)


def middle(image: NDArray[np.float32], side: int = SIDE) -> NDArray[np.float32]:
    """Cut the centre of an image (H, W, C), at most (side, side, C)."""
    top, left = (max(0, (length - side) // 2) for length in image.shape[:2])
    return image[top : top + side, left : left + side]
