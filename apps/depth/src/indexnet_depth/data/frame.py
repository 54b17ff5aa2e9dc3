"""A frame, and the interface of every data set of frames."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError

__all__ = ["DRAWN", "Frame", "Frames", "Split", "checked_frame"]

Split = Literal["train", "val"]


DRAWN = ("builtin", "generated")
"""Layouts whose frames are drawn by this package, so that they need no check."""


class Frame(NamedTuple):
    """A photograph and its depth."""

    image: NDArray[np.float32]
    """(H, W, 3) in [0, 1]"""
    depth: NDArray[np.float32]
    """(H, W) in metres along the optical axis; 0 where invalid"""


class Frames(Protocol):
    """Frames of a data set. Files are opened in `read` only, so that frames can be sent to worker
    processes."""

    names: Sequence[str]
    """One per frame, unique; may contain slashes (``"kitchen_0004/00012"``)."""
    unit: str
    """Name of the unit of the stored depths."""
    layout: str
    """``"builtin"``, ``"generated"``, ``"HDF5 frames"``, ``"labelled NYUv2"``, ``"SUN RGB-D"`` or
    ``"folder"``."""
    splits: bool
    """Whether the data set defines its own training and validation split.

    Otherwise both splits contain all frames, and training and test data should be two folders."""

    def read(self, index: int) -> Frame:
        """Read one frame.

        Raises:
            UserError: a damaged file, sizes that differ, another unit; the message names the file.
        """
        ...


def checked_frame(image: NDArray[np.float32], depth: NDArray[np.float32], where: object) -> Frame:
    """Make a frame of an image and a depth map that must have one size.

    Raises:
        UserError: the sizes differ; the message begins with ``where``.
    """
    height, width = image.shape[:2]
    if depth.shape != (height, width):
        turned = " (turned by 90°?)" if depth.shape == (width, height) else ""
        size = f"{depth.shape[0]}x{depth.shape[1]}"
        raise UserError(f"{where}: depth is {size}{turned}, but its image is {height}x{width}")
    return Frame(image, depth)
