"""Cutting a network's view out of a frame: scale, rotation, mirroring, crop, and resizing to a square.

FastDepth works in steps: frames are resized to height 250, rotated, enlarged, cropped at the centre to
228×304 and resized to 224×224. Here one affine map leads from the frame to the view, so that pixels are
interpolated once.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.frame import Frame
from indexnet_engine.images.opencv import one_thread

__all__ = ["CROP", "HEIGHT", "SIZE", "cut_view", "evaluation_view", "view_matrix", "view_to_frame"]

HEIGHT = 250
"""Height to which frames are resized."""
CROP = (228, 304)
"""Height and width of the centre crop."""
SIZE = 224
"""Side of the network's input."""

Matrix = NDArray[np.float64]


def view_to_frame(
    height: int, width: int, size: int = SIZE, *, scale: float = 1.0, angle: float = 0.0, flip: bool = False
) -> Matrix:
    """Return the affine map (2, 3) from pixel coordinates (x, y) of a view to those of the frame.

    Coordinates refer to pixel centres: the first pixel is at 0. A frame that is not 4:3 is taken as if
    it were resized to cover 250×333, so its height or its width is cut more.

    Args:
        height: height of the frame in pixels.
        width: width of the frame in pixels.
        size: side of the view.
        scale: factor by which the frame is enlarged.
        angle: degrees by which it is rotated, counter-clockwise as displayed.
        flip: whether it is mirrored.
    """
    resized = max(HEIGHT / height, HEIGHT * CROP[1] / CROP[0] / width)
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turned = np.array([[cosine, -sine], [sine, cosine]])
    squeezed = np.diag([CROP[1] / size * (-1 if flip else 1), CROP[0] / size])
    linear = turned @ squeezed / (scale * resized)
    # Centres map to centres; they are at (size - 1) / 2 and (length - 1) / 2.
    offset = np.array([width - 1, height - 1]) / 2 - linear @ np.full(2, (size - 1) / 2)
    return np.column_stack([linear, offset])


def cut_view(
    frame: Frame, size: int = SIZE, *, scale: float = 1.0, angle: float = 0.0, flip: bool = False
) -> Frame:
    """Cut a view (`view_to_frame`); enlarged objects are nearer, so depth is divided by the scale.

    Images are averaged over areas where they shrink and continued by reflection beyond their borders. Depth
    takes the nearest pixel, since a mean of two surfaces lies on neither, and is invalid beyond the borders.

    Returns:
        Image (size, size, 3) and depth (size, size).
    """
    one_thread()
    height, width = frame.depth.shape
    matrix = view_to_frame(height, width, size, scale=scale, angle=angle, flip=flip)
    return Frame(_image(frame.image, matrix, size), _depth(frame.depth, matrix, size) / np.float32(scale))


def evaluation_view(frame: Frame, size: int = SIZE) -> Frame:
    """Cut a frame as FastDepth's validation does: the training view without anything random.

    Returns:
        Image (size, size, 3) and depth (size, size), 0 where invalid.
    """
    return cut_view(frame, size)


def view_matrix(height: int, width: int, size: int = SIZE) -> Matrix:
    """Return the affine map (2, 3) from pixel centres (x, y) of a frame to those of its evaluation view.

    With it intrinsics of the frame become those of the view, and a prediction is mapped back onto the frame.

    >>> matrix = view_matrix(480, 640)
    >>> (matrix @ [319.5, 239.5, 1]).round(6).tolist()
    [111.5, 111.5]
    """
    return np.asarray(cv2.invertAffineTransform(view_to_frame(height, width, size)))


def _depth(depth: NDArray[np.float32], matrix: Matrix, size: int) -> NDArray[np.float32]:
    ticks = np.arange(size)
    x = np.rint(matrix[0, 0] * ticks + matrix[0, 1] * ticks[:, None] + matrix[0, 2]).astype(np.intp)
    y = np.rint(matrix[1, 0] * ticks + matrix[1, 1] * ticks[:, None] + matrix[1, 2]).astype(np.intp)
    height, width = depth.shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return np.where(inside, depth[y.clip(0, height - 1), x.clip(0, width - 1)], np.float32(0))


def _image(image: NDArray[np.float32], matrix: Matrix, size: int) -> NDArray[np.float32]:
    """Shrink to the density of the view by area, then look up between four pixels."""
    height, width = image.shape[:2]
    density = np.hypot(matrix[0, :2], matrix[1, :2])
    small_width, small_height = (
        min(length, max(1, round(length / step))) for length, step in zip((width, height), density)
    )
    if (small_height, small_width) != (height, width):
        smaller = cv2.resize(image, (small_width, small_height), interpolation=cv2.INTER_AREA)
        image = np.asarray(smaller, np.float32)
    x_ratio, y_ratio = small_width / width, small_height / height
    matrix = matrix * np.array([[x_ratio], [y_ratio]])
    # The centre of the first pixel is half a pixel from the border in either image.
    matrix[:, 2] += np.array([x_ratio - 1, y_ratio - 1]) / 2
    view = cv2.warpAffine(
        image,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(view, np.float32).clip(0, 1)
