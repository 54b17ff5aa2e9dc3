"""Depth as pictures: colours, a scale bar in metres, and panels like Fig. 14."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from indexnet_engine.images.panels import side_by_side, to_bytes

__all__ = ["colour_depth", "depth_panel", "depth_range", "with_scale_bar"]

NOWHERE = (128, 128, 128)
"""Colour of pixels without depth."""

_TICKS = 5


def depth_range(depth: NDArray[np.float32]) -> tuple[float, float]:
    """Return the depths in metres of the first and the last colour: the percentiles 1 and 99.

    Pixels without depth (0) do not count; without any, the result is 0 and 1.

    >>> depth_range(np.full((4, 4), 2.0, np.float32))
    (2.0, 2.1)
    """
    valid = depth[np.isfinite(depth) & (depth > 0)]
    if valid.size == 0:
        return 0.0, 1.0
    near, far = (float(value) for value in np.percentile(valid, (1, 99)))
    return near, max(far, near + 0.1)


def colour_depth(depth: NDArray[np.float32], near: float, far: float) -> NDArray[np.uint8]:
    """Colour a depth map: near is bright, far is dark (OpenCV's inferno); gray where there is no depth.

    Args:
        depth: (H, W) in metres; 0 or not a number where there is none.
        near: metres of the brightest colour; nearer pixels have it, too.
        far: metres of the darkest colour.

    Returns:
        uint8 (H, W, 3).
    """
    valid = np.isfinite(depth) & (depth > 0)
    share = (np.where(valid, depth, far) - near) / (far - near)
    levels = np.rint(255 * (1 - share.clip(0, 1))).astype(np.uint8)
    colours = np.ascontiguousarray(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[..., ::-1])
    colours[~valid] = NOWHERE
    return colours


def with_scale_bar(picture: NDArray[np.uint8], near: float, far: float) -> NDArray[np.uint8]:
    """Put a scale bar in metres at the right of a coloured depth map.

    Args:
        picture: uint8 (H, W, 3), from `colour_depth`.
        near: metres of the brightest colour, at the bottom of the bar.
        far: metres of the darkest, at the top.

    Returns:
        uint8 (H, W', 3); the bar grows with the height.
    """
    height = picture.shape[0]
    text = max(10, height // 24)
    bar, gap = max(8, height // 24), max(4, height // 60)
    font = ImageFont.load_default(size=text)
    column = np.linspace(far, near, height, dtype=np.float32)[:, None].repeat(bar, 1)
    side = np.full((height, gap + bar + 4 * text, 3), 255, np.uint8)
    side[:, gap : gap + bar] = colour_depth(column, near, far)
    sheet = Image.fromarray(side)
    pen = ImageDraw.Draw(sheet)
    for tick in range(_TICKS):
        share = tick / (_TICKS - 1)
        row = round(share * (height - 1))
        pen.line([(gap + bar, row), (gap + bar + gap, row)], fill="black")
        # The first and the last label are placed inside the picture.
        top = min(max(row - text // 2, 0), height - text - 2)
        pen.text((2 * gap + bar + 2, top), f"{far + share * (near - far):.1f} m", fill="black", font=font)
    return np.concatenate([picture, np.asarray(sheet)], 1)


def depth_panel(
    image: NDArray[np.float32],
    depth: NDArray[np.float32],
    estimates: Sequence[NDArray[np.float32]],
    *,
    height: int = 224,
) -> NDArray[np.uint8]:
    """Draw image | true depth | estimates with a scale bar (Fig. 14), all depths in the same colours.

    Args:
        image: (H, W, 3) in [0, 1].
        depth: the truth (H, W) in metres, 0 where invalid; its range is that of the colours.
        estimates: each (H, W) in metres.
        height: height of the panel in pixels.

    Returns:
        uint8 (height, width, 3).
    """
    near, far = depth_range(depth)
    maps = [colour_depth(one, near, far) for one in (depth, *estimates)]
    pieces = [to_bytes(image), *maps]
    return with_scale_bar(side_by_side(pieces, height), near, far)
