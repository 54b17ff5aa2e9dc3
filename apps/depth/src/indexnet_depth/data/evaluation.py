"""The view that FastDepth evaluates: 250 high, the central 228×304, resized to 224×224."""

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.crop import CROP, HEIGHT, SIZE, cut_view, view_to_frame
from indexnet_depth.data.frame import Frame

__all__ = ["CROP", "HEIGHT", "SIZE", "evaluation_view", "view_matrix"]


def evaluation_view(frame: Frame, size: int = SIZE) -> Frame:
    """Cut a frame as FastDepth's validation does: the training view without anything random.

    Returns:
        Image (size, size, 3) and depth (size, size), 0 where invalid.
    """
    return cut_view(frame, size)


def view_matrix(height: int, width: int, size: int = SIZE) -> NDArray[np.float64]:
    """Give the affine map (2, 3) from pixel centres (x, y) of a frame to those of its evaluation view.

    With it intrinsics of the frame become those of the view, and a prediction goes back to its place.

    >>> matrix = view_matrix(480, 640)
    >>> (matrix @ [319.5, 239.5, 1]).round(6).tolist()
    [111.5, 111.5]
    """
    return np.asarray(cv2.invertAffineTransform(view_to_frame(height, width, size)))
