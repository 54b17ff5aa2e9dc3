"""Labels as pictures: in class colours, as overlays, with a legend."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from indexnet_engine.images.panels import side_by_side, to_bytes
from indexnet_segmentation.data.classes import IGNORE, Classes

__all__ = ["colourise", "legend", "occurring", "overlay", "segmentation_panel", "with_legend"]

_SWATCH, _MARGIN, _FONT = 14, 6, 13


def colourise(label: NDArray[np.integer], classes: Classes) -> NDArray[np.uint8]:
    """Paint each pixel in the colour of its class; black without a class.

    Shape:
        label (H, W): class numbers or `IGNORE` -> uint8 (H, W, 3)
    """
    colours = np.zeros((256, 3), np.uint8)
    colours[: classes.count] = classes.palette
    return colours[label]


def overlay(
    image: NDArray[np.float32], label: NDArray[np.integer], classes: Classes, opacity: float = 0.55
) -> NDArray[np.uint8]:
    """Blend the colours with the photograph; pixels without a class show the photograph alone.

    Shape:
        image (H, W, 3) in [0, 1], label (H, W) -> uint8 (H, W, 3)
    """
    weight = np.where(label == IGNORE, 0, opacity)[..., None]
    mixed = (1 - weight) * to_bytes(image) + weight * colourise(label, classes)
    return np.rint(mixed).astype(np.uint8)


def occurring(*labels: NDArray[np.integer]) -> list[int]:
    """Return the numbers of the classes that occur in any of the labels."""
    found = np.unique(np.concatenate([np.unique(label) for label in labels]))
    return [int(number) for number in found if number != IGNORE]


def legend(classes: Classes, numbers: Sequence[int], width: int) -> NDArray[np.uint8]:
    """Draw the colours with the names of classes, in as many lines as the width needs.

    Args:
        classes: names and colours.
        numbers: the classes to show.
        width: width of the picture in pixels.

    Returns:
        uint8 (H, width, 3) on white; a name longer than the picture is cut off.
    """
    font = ImageFont.load_default(size=_FONT)
    line, left, places = 0, _MARGIN, []
    for number in numbers:
        needed = _SWATCH + _MARGIN // 2 + round(font.getlength(classes.names[number])) + 2 * _MARGIN
        if left > _MARGIN and left + needed > width:
            line, left = line + 1, _MARGIN
        places.append((number, left, _MARGIN + line * (_SWATCH + _MARGIN)))
        left += needed
    sheet = Image.new("RGB", (width, 2 * _MARGIN + (line + 1) * (_SWATCH + _MARGIN) - _MARGIN), "white")
    pen = ImageDraw.Draw(sheet)
    for number, x, y in places:
        pen.rectangle((x, y, x + _SWATCH - 1, y + _SWATCH - 1), classes.palette[number], outline="black")
        text = (x + _SWATCH + _MARGIN // 2, y + _SWATCH // 2)
        pen.text(text, classes.names[number], fill="black", font=font, anchor="lm")
    return np.asarray(sheet)


def with_legend(picture: NDArray[np.uint8], classes: Classes, numbers: Sequence[int]) -> NDArray[np.uint8]:
    """Put a legend under a picture (H, W, 3)."""
    return np.concatenate([picture, legend(classes, numbers, picture.shape[1])])


def segmentation_panel(
    image: NDArray[np.float32],
    labels: Sequence[NDArray[np.integer]],
    classes: Classes,
    *,
    height: int = 320,
) -> NDArray[np.uint8]:
    """Draw image | label | label | …, as Fig. 12, with a legend of the classes that occur.

    Args:
        image: (H, W, 3) in [0, 1].
        labels: (H, W) each: the ground truth and predictions.
        classes: names and colours.
        height: height of the pictures in pixels.
    """
    painted = [colourise(_scaled(label, height), classes) for label in labels]
    row = side_by_side([to_bytes(image), *painted], height)
    return with_legend(row, classes, occurring(*labels))


def _scaled(label: NDArray[np.integer], height: int) -> NDArray[np.uint8]:
    """Scale a label (H, W) to a height by the nearest pixel, since class colours must not mix."""
    width = max(1, round(label.shape[1] * height / label.shape[0]))
    picture = Image.fromarray(label.astype(np.uint8))
    return np.asarray(picture.resize((width, height), Image.Resampling.NEAREST))
