"""Words at pictures that stand in rows: what the columns are, and what each row is."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from indexnet_engine.images.panels import GAP, one_below_another, side_by_side, to_bytes, width_at

__all__ = ["LINE", "index_sheet", "with_headings", "with_name"]

LINE = 20
"""Height in pixels of a line of words."""

_FONT, _LEAST = 13, 8


def with_headings(
    row: NDArray[np.uint8], pictures: Sequence[NDArray[np.generic]], headings: Sequence[str]
) -> NDArray[np.uint8]:
    """Put a heading over each picture of a row.

    Args:
        row: (H, W, 3) that begins with what `side_by_side` makes of the pictures.
        pictures: each (h, w) or (h, w, channels), of any size; only their shapes count.
        headings: one for each.

    Returns:
        uint8 (H + `LINE`, W, 3).

    >>> black = np.zeros((40, 60, 3), np.uint8)
    >>> with_headings(side_by_side([black, black], 40), [black, black], ["image", "depth"]).shape
    (60, 124, 3)
    """
    line = np.full((LINE, row.shape[1], 3), 255, np.uint8)
    left = 0
    for picture, heading in zip(pictures, headings, strict=True):
        width = min(width_at(picture, row.shape[0]), row.shape[1] - left)
        line[:, left : left + width] = _words(heading, width)
        left += width + GAP
    return np.concatenate([line, row])


def with_name(row: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    """Put the name of a row at its left, to be read upwards.

    Shape: (H, W, 3) -> (H, W + `LINE`, 3)
    """
    return np.concatenate([np.rot90(_words(name, row.shape[0])), row], 1)


def index_sheet(rows: Mapping[str, Sequence[NDArray[np.float32]]], height: int) -> NDArray[np.uint8]:
    """Draw the decoder's index maps: a row for each name, a column for each stage.

    Args:
        rows: pictures (H, W) in [0, 1] of all stages, by what they were before or are from.
        height: of a row in pixels.
    """
    drawn = []
    for name, stages in rows.items():
        row = side_by_side([to_bytes(stage) for stage in stages], height)
        headings = [f"decoder, stage {number}" for number in range(1, len(stages) + 1)]
        drawn.append(with_name(with_headings(row, stages, headings), name))
    return one_below_another(drawn)


def _words(words: str, width: int) -> NDArray[np.uint8]:
    """Write a line (`LINE`, width, 3) in the middle; too long, it gets smaller, then loses its end."""
    size = min(_FONT, max(_LEAST, int(_FONT * width / max(1.0, _length(words, _FONT)))))
    sheet = Image.new("RGB", (width, LINE), "white")
    left = max(0.0, (width - _length(words, size)) / 2)
    font = ImageFont.load_default(size=size)
    ImageDraw.Draw(sheet).text((left, LINE / 2), words, fill="black", font=font, anchor="lm")
    return np.asarray(sheet)


def _length(words: str, size: int) -> float:
    return ImageFont.load_default(size=size).getlength(words)
