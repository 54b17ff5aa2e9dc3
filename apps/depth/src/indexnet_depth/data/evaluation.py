"""The view that FastDepth evaluates: 250 high, the central 228×304, resized to 224×224."""

import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.frames import Frame

__all__ = ["HEIGHT", "SIZE", "evaluation_view", "view_matrix"]

HEIGHT = 250
"""Frames are resized to this height (of 480)."""
CROP = (228, 304)
"""Height and width of the centre that is kept of it."""
SIZE = 224
"""Side of what the network gets: the crop squeezed to a square."""


def evaluation_view(frame: Frame, size: int = SIZE) -> Frame:
    """Cut a frame as FastDepth's validation does.

    Images are averaged over areas when they shrink; depth takes the nearest pixel, for a mean of two surfaces
    lies on neither. A frame that is not 4:3 is resized so that it covers 250×333.

    Returns:
        Image (size, size, 3) and depth (size, size), 0 where invalid.
    """
    raise NotImplementedError


def view_matrix(height: int, width: int, size: int = SIZE) -> NDArray[np.float64]:
    """Give the affine map (2, 3) from pixel centres (x, y) of a frame to those of its evaluation view.

    With it intrinsics of the frame become those of the view, and a prediction goes back to its place.
    """
    raise NotImplementedError
