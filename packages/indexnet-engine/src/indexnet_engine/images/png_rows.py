"""Write a PNG file row by row, for images that are never in memory as a whole, as Pillow needs them."""

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.files import atomic_path, make_folder, naming_write_errors

__all__ = ["png_rows"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # gray, RGB, RGBA
_SAMPLED = 16
"""Every so-manyth pixel decides about the filter of a row."""

_FILTERED_AT_ONCE = 64
"""Rows; the filters take some 20 times their memory."""

Bytes = NDArray[np.uint8]


@contextmanager
def png_rows(path: str | Path, height: int, width: int, channels: int) -> Iterator[Callable[[Bytes], None]]:
    """Yield a function that writes the next rows, uint8 (h, W, C), of a PNG file with 8 bits.

    The file appears, atomically, at the end of the block; missing parent folders are made.

    Args:
        path: the file.
        height: number of rows, all of which must be written.
        width: width in pixels.
        channels: 1, 3 or 4.

    Raises:
        UserError: the file cannot be written.
        ValueError: rows have another shape, or their number is not the height.
    """
    path = Path(path)
    make_folder(path.parent)
    with naming_write_errors(path), atomic_path(path) as temporary, temporary.open("wb") as file:
        header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
        file.write(_SIGNATURE + _chunk(b"IHDR", header))
        packer = zlib.compressobj(strategy=zlib.Z_FILTERED)
        last, written = np.zeros((1, width, channels), np.uint8), 0

        def write(rows: Bytes) -> None:
            nonlocal last, written
            if rows.shape[1:] != (width, channels) or rows.dtype != np.uint8:
                raise ValueError(
                    f"expected uint8 rows (h, {width}, {channels}), got {rows.dtype} {rows.shape}"
                )
            for top in range(0, len(rows), _FILTERED_AT_ONCE):
                few = rows[top : top + _FILTERED_AT_ONCE]
                if data := packer.compress(_filtered(few, last).tobytes()):
                    file.write(_chunk(b"IDAT", data))
                last, written = few[-1:].copy(), written + len(few)

        yield write
        if written != height:
            raise ValueError(f"{path}: {written} rows were written, expected {height}")
        file.write(_chunk(b"IDAT", packer.flush()) + _chunk(b"IEND", b""))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _filtered(rows: Bytes, above: Bytes) -> Bytes:
    """Replace values by differences from their neighbours, and put the number of its filter before each row.

    The filters are those of the PNG specification, section 9. Each row takes that of the smallest sum of
    absolute differences, the specification's rule (section 12.7).

    Shape:
        rows (h, W, C), above (1, W, C) -> (h, 1 + W·C)
    """
    height, width, channels = rows.shape
    padded = np.zeros((height + 1, width + 1, channels), np.uint8)
    padded[:1, 1:], padded[1:, 1:] = above, rows
    sample = padded[:, _sampled_pixels(width)]
    now, before = sample[1:], sample[:-1]
    differences = (
        apply(now[:, 1::2], now[:, ::2], before[:, 1::2], before[:, ::2]).view(np.int8) for apply in _FILTERS
    )
    chosen = np.argmin([np.abs(values.astype(np.int16)).sum((1, 2)) for values in differences], 0)
    result = np.empty((height, 1 + width * channels), np.uint8)
    result[:, 0] = chosen
    for number, apply in enumerate(_FILTERS):
        mine = np.flatnonzero(chosen == number)
        row, before = padded[mine + 1], padded[mine]
        result[mine, 1:] = apply(row[:, 1:], row[:, :-1], before[:, 1:], before[:, :-1]).reshape(
            len(mine), width * channels
        )
    return result


def _sampled_pixels(width: int) -> NDArray[np.int64]:
    """Return pairs of a pixel and the one on its right, in an image with a column of zeros on the left."""
    left = np.arange(0, width, min(_SAMPLED, width))
    return np.stack([left, left + 1], 1).ravel()


def _paeth(x: Bytes, left: Bytes, up: Bytes, corner: Bytes) -> Bytes:
    """Subtract that of the three neighbours which is closest to left + up - corner."""
    a, b, c = left.astype(np.int16), up.astype(np.int16), corner.astype(np.int16)
    to_left, to_up = np.abs(b - c), np.abs(a - c)
    to_corner = np.abs(a + b - 2 * c)
    closest = np.where(to_up <= to_corner, up, corner)
    closest = np.where((to_left <= to_up) & (to_left <= to_corner), left, closest)
    return x - closest


# From a value, its left neighbour, the one above it and the one above the left neighbour; modulo 256.
_FILTERS: tuple[Callable[[Bytes, Bytes, Bytes, Bytes], Bytes], ...] = (
    lambda x, left, up, corner: x,
    lambda x, left, up, corner: x - left,
    lambda x, left, up, corner: x - up,
    lambda x, left, up, corner: x - ((left & up) + ((left ^ up) >> 1)),  # the mean without overflow
    _paeth,
)
