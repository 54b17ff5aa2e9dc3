"""Panels: several images side by side or below each other, with column headings and row labels."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

__all__ = [
    "GAP", "LINE", "index_sheet", "one_below_another", "side_by_side", "to_bytes", "width_at",
    "with_column_headings", "with_row_label",
]  # fmt: skip

GAP = 4
"""White pixels between images."""

LINE = 20
"""Height in pixels of a line of text."""

_FONT, _LEAST = 13, 8


def to_bytes(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W), (H, W, 1) or (H, W, 3) in [0, 1] -> uint8 (H, W, 3); values beyond the range are clipped."""
    planes = picture[..., None] if picture.ndim == 2 else picture
    values = np.rint(255 * planes.clip(0, 1)).astype(np.uint8)
    return np.broadcast_to(values, (*values.shape[:2], 3))


def side_by_side(pictures: Sequence[NDArray[np.uint8]], height: int) -> NDArray[np.uint8]:
    """Scale images (H, W, 3) to one height and place them side by side, separated by white.

    Smaller images are enlarged without smoothing, so that single pixels are visible.

    >>> side_by_side([np.zeros((20, 30, 3), np.uint8), np.zeros((40, 20, 3), np.uint8)], 10).shape
    (10, 24, 3)
    """
    gap = np.full((height, GAP, 3), 255, dtype=np.uint8)
    pieces = [piece for picture in pictures for piece in (gap, _scaled(picture, height))]
    return np.concatenate(pieces[1:], axis=1)


def one_below_another(rows: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Place images (H, W, 3) below each other, separated by white, with white to the right of narrower ones.

    >>> one_below_another([np.zeros((10, 30, 3), np.uint8), np.zeros((10, 20, 3), np.uint8)]).shape
    (28, 30, 3)
    """
    width = max(row.shape[1] for row in rows)
    gap = np.full((2 * GAP, width, 3), 255, dtype=np.uint8)
    padding = [((0, 0), (0, width - row.shape[1]), (0, 0)) for row in rows]
    padded = [np.pad(row, pad, constant_values=255) for row, pad in zip(rows, padding)]
    return np.concatenate([piece for row in padded for piece in (gap, row)][1:])


def width_at(picture: NDArray[np.generic], height: int) -> int:
    """Return the width of an image (H, W) or (H, W, channels) scaled to a height."""
    return max(1, round(picture.shape[1] * height / picture.shape[0]))


def with_column_headings(
    row: NDArray[np.uint8], pictures: Sequence[NDArray[np.generic]], headings: Sequence[str]
) -> NDArray[np.uint8]:
    """Add a column heading over each image of a row.

    Args:
        row: (H, W, 3), the images by `side_by_side`; more may follow on the right.
        pictures: each (h, w) or (h, w, channels), of any size; only their shapes count.
        headings: one for each image.

    Returns:
        uint8 (H + `LINE`, W, 3).

    >>> black = np.zeros((40, 60, 3), np.uint8)
    >>> with_column_headings(side_by_side([black, black], 40), [black, black], ["image", "depth"]).shape
    (60, 124, 3)
    """
    line = np.full((LINE, row.shape[1], 3), 255, np.uint8)
    left = 0
    for picture, heading in zip(pictures, headings, strict=True):
        width = min(width_at(picture, row.shape[0]), row.shape[1] - left)
        line[:, left : left + width] = _words(heading, width)
        left += width + GAP
    return np.concatenate([line, row])


def with_row_label(row: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    """Add the label of a row on its left, rotated by 90 degrees.

    Shape: (H, W, 3) -> (H, W + `LINE`, 3)
    """
    return np.concatenate([np.rot90(_words(name, row.shape[0])), row], 1)


def index_sheet(rows: Mapping[str, Sequence[NDArray[np.float32]]], height: int) -> NDArray[np.uint8]:
    """Draw the decoder's index maps: a row for each label, a column for each stage.

    Args:
        rows: by row label, the index map of each stage as an image (H, W) in [0, 1].
        height: height of a row in pixels.
    """
    drawn = []
    for name, stages in rows.items():
        row = side_by_side([to_bytes(stage) for stage in stages], height)
        headings = [f"decoder, stage {number}" for number in range(1, len(stages) + 1)]
        drawn.append(with_row_label(with_column_headings(row, stages, headings), name))
    return one_below_another(drawn)


def _scaled(picture: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    width = width_at(picture, height)
    if picture.shape[:2] == (height, width):
        return picture
    method = Image.Resampling.NEAREST if height > picture.shape[0] else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(picture).resize((width, height), method))


def _words(words: str, width: int) -> NDArray[np.uint8]:
    """Draw a centred line of text (`LINE`, width, 3); long text is drawn smaller, then truncated."""
    size = min(_FONT, max(_LEAST, int(_FONT * width / max(1.0, _length(words, _FONT)))))
    sheet = Image.new("RGB", (width, LINE), "white")
    left = max(0.0, (width - _length(words, size)) / 2)
    font = ImageFont.load_default(size=size)
    ImageDraw.Draw(sheet).text((left, LINE / 2), words, fill="black", font=font, anchor="lm")
    return np.asarray(sheet)


def _length(words: str, size: int) -> float:
    return ImageFont.load_default(size=size).getlength(words)
