"""The tiles of a large image: their number, sizes and overlap."""

import math
from itertools import product
from typing import NamedTuple

from indexnet_engine.errors import OptionError

__all__ = [
    "Span",
    "Tiles",
    "blend_of",
    "check_tiling",
    "overlap_for",
    "spans",
    "square_tiles",
    "tiles_within",
]


class Span(NamedTuple):
    """One tile along one axis, in pixels: ``start <= x < stop``."""

    start: int
    stop: int


class Tiles(NamedTuple):
    """A grid of overlapping tiles that covers an image, padded to a multiple of the network's stride."""

    rows: list[Span]
    """Top and bottom of each row of tiles."""
    columns: list[Span]
    """Left and right of each column of tiles."""
    blend: int
    """Pixels in the middle of the overlap over which one tile fades into the next."""

    @property
    def number(self) -> int:
        """Number of tiles."""
        return len(self.rows) * len(self.columns)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the first tile; none is larger."""
        return self.rows[0].stop, self.columns[0].stop

    @property
    def pixels(self) -> int:
        """Pixels that the network sees, those of the overlaps counted for each tile."""
        return sum(
            (row.stop - row.start) * (column.stop - column.start)
            for row, column in product(self.rows, self.columns)
        )


def square_tiles(
    size: tuple[int, int], tile: int, overlap: int, multiple: int = 1, blend: int | None = None
) -> Tiles:
    """Cover an image with square tiles of a given side; those at its right and lower border are smaller.

    Args:
        size: height and width of the image in pixels.
        tile: side of a tile.
        overlap: pixels that neighbouring tiles share.
        multiple: tile and overlap are rounded up to it, and the size is.
        blend: see `Tiles`; by default an eighth of the overlap.

    Raises:
        UserError: the tile is not larger than the overlap, or a number is out of range.

    >>> square_tiles((40, 100), 48, 16, 8).columns
    [Span(start=0, stop=48), Span(start=32, stop=80), Span(start=64, stop=104)]
    """
    check_tiling(tile, overlap, multiple)
    tile, overlap = _round_up(tile, multiple), _round_up(overlap, multiple)
    rows, columns = (spans(_round_up(side, multiple), tile, overlap) for side in size)
    return Tiles(rows, columns, _blend(blend, overlap, tile))


def tiles_within(
    size: tuple[int, int], pixels: float, overlap: int, multiple: int = 1, blend: int | None = None
) -> Tiles | None:
    """Cover an image with tiles of equal size and at most so many pixels, such that they overlap least.

    Args:
        size: height and width of the image in pixels.
        pixels: largest number of pixels of a tile.
        overlap: pixels that neighbouring tiles share.
        multiple: sides and origins of tiles are multiples of it.
        blend: see `Tiles`; by default an eighth of the overlap.

    Returns:
        One tile if the image has no more pixels; None if tiles that are larger than the overlap have more.

    >>> tiles = tiles_within((4000, 6000), 1.5e6, 128, 8)
    >>> tiles.number, tiles.size, round(tiles.pixels / 4000 / 6000, 2)
    (20, (1096, 1304), 1.19)
    """
    overlap = _round_up(overlap, multiple)
    height, width = (_round_up(side, multiple) for side in size)
    best: tuple[int, int, int, int] | None = None
    for rows in range(1, max(1, math.ceil((height - overlap) / multiple)) + 1):
        tall = _side(height, rows, overlap, multiple)
        most = int(pixels / tall) // multiple * multiple
        if most >= width:
            columns, wide = 1, width
        elif most > overlap:
            columns = _count(width, most, overlap)
            wide = _side(width, columns, overlap, multiple)
        else:
            continue
        cost = (height + (rows - 1) * overlap) * (width + (columns - 1) * overlap)
        if best is None or (cost, rows * columns) < best[:2]:
            best = cost, rows * columns, tall, wide
        elif columns == 1:  # more rows only cost more
            break
    if best is None:
        return None
    _, _, tall, wide = best
    smaller = min((side for side in (tall, wide) if side > overlap), default=overlap + 1)
    return Tiles(spans(height, tall, overlap), spans(width, wide, overlap), _blend(blend, overlap, smaller))


def overlap_for(reach: int, multiple: int = 1) -> int:
    """Return the pixels that tiles must share so that the prediction equals that of the whole image.

    Args:
        reach: the distance of the furthest input pixel on which an output pixel depends.
        multiple: the overlap is rounded up to it.

    >>> overlap_for(71, 8)
    144
    """
    return _round_up(2 * reach, multiple)


def blend_of(overlap: int, reach: int | None = None) -> int:
    """Return the pixels over which one tile fades into the next.

    An eighth of the overlap, so that 7/16 of it are context on either side; fewer where the context would be
    less than the network's reach, as far as the overlap has room for it.

    >>> blend_of(256), blend_of(256, reach=120), blend_of(256, reach=128), blend_of(256, reach=900)
    (32, 16, 1, 32)
    """
    usual = max(1, overlap // 8)
    spare = overlap - 2 * (overlap if reach is None else reach)
    return usual if spare < 0 else max(1, min(usual, spare))


def check_tiling(tile: int, overlap: int, multiple: int = 1) -> None:
    """Refuse a side and an overlap that `square_tiles` cannot use, before anything is computed.

    Raises:
        UserError: the tile is not larger than the overlap, or a number is out of range.
    """
    for name, value in (("tile", tile), ("multiple", multiple)):
        if value < 1:
            raise OptionError(name, f"must be positive, got {value}")
    if overlap < 0:
        raise OptionError("overlap", f"must not be negative, got {overlap}")
    tile, overlap = _round_up(tile, multiple), _round_up(overlap, multiple)
    if tile <= overlap:
        rounded = f" (rounded up to multiples of {multiple})" if multiple > 1 else ""
        raise OptionError(
            "tile",
            f"must be larger than the overlap, got {tile} and {overlap} pixels{rounded}; "
            "choose a larger tile or a smaller overlap",
        )


def spans(length: int, tile: int, overlap: int) -> list[Span]:
    """Cover a length with tiles that share ``overlap`` pixels; the last one is truncated at the end.

    >>> spans(100, 40, 10)
    [Span(start=0, stop=40), Span(start=30, stop=70), Span(start=60, stop=100)]
    >>> spans(30, 40, 10)
    [Span(start=0, stop=30)]
    """
    step = tile - overlap
    return [
        Span(index * step, min(index * step + tile, length)) for index in range(_count(length, tile, overlap))
    ]


def _blend(blend: int | None, overlap: int, side: int) -> int:
    """Limit the blending to the distance of neighbouring tiles, so that a third one has no part in it."""
    return min(blend_of(overlap) if blend is None else blend, side - overlap)


def _count(length: int, tile: int, overlap: int) -> int:
    return 1 + max(0, math.ceil((length - tile) / (tile - overlap)))


def _side(length: int, count: int, overlap: int, multiple: int) -> int:
    """Return the side of ``count`` equal tiles, which cover the length."""
    return min(length, _round_up(math.ceil((length + (count - 1) * overlap) / count), multiple))


def _round_up(value: int, multiple: int) -> int:
    return math.ceil(value / multiple) * multiple
