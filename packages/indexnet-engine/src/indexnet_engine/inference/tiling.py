"""Prediction for images of any size: overlapping tiles, blended without seams."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

from indexnet_engine.inference.blending import Part, blended
from indexnet_engine.inference.tiles import Span, Tiles, square_tiles
from indexnet_engine.progress import progress_bar, say

__all__ = [
    "ImageSource",
    "assembled",
    "note_slow_tiles",
    "predict_parts",
    "predict_tiled",
    "source_of",
    "tiling_difference",
]


class ImageSource(NamedTuple):
    """An image whose pixels become the network's input tile by tile."""

    size: tuple[int, int]
    """Height and width in pixels."""
    read: Callable[[slice, slice], Tensor]
    """Makes the input (B, C, h, w) of some rows and columns."""


def source_of(image: Tensor) -> ImageSource:
    """Take an input (B, C, H, W) that is in memory as a whole.

    Raises:
        ValueError: it has another shape, or no pixels.
    """
    if image.ndim != 4 or not image.numel():
        raise ValueError(f"expected an image (B, C, H, W), got {tuple(image.shape)}")
    return ImageSource((image.shape[-2], image.shape[-1]), lambda rows, columns: image[..., rows, columns])


def predict_parts(
    predict: Callable[[Tensor], Tensor], image: ImageSource, tiles: Tiles, *, progress: bool = False
) -> Iterator[Part]:
    """Predict an image tile by tile, and yield finished rectangles, which cover it.

    The margin of a tile, the part of the overlap that is not blended, only provides context. So the
    prediction equals that of the whole image if no output pixel depends on pixels further away than the
    margin. At the border of the image a tile has no margin. Where the grid is larger than the image, the
    image is padded by reflection (by replication if it is too small for that) on the right and below, and
    the prediction is cropped.

    Args:
        predict: maps (B, C, h, w) to (B, C', h, w); it is any callable, in PyTorch or another runtime.
        image: the image.
        tiles: a grid for its size, see `indexnet_engine.inference.tiles`.
        progress: show a progress bar of the tiles on stderr, which appears before the first tile.

    Raises:
        ValueError: ``predict`` changes height or width.
    """
    for part in blended(_predictions(predict, image, tiles, progress), tiles):
        height, width = image.size[0] - part.top, image.size[1] - part.left
        if height > 0 and width > 0:
            yield part._replace(values=part.values[..., :height, :width])


def assembled(parts: Iterator[Part], size: tuple[int, int]) -> Tensor:
    """Assemble a whole prediction (B, C, H, W) of this height and width."""
    first = next(parts)
    if first.values.shape[-2:] == size:
        return first.values
    whole = first.values.new_empty((*first.values.shape[:2], *size))
    whole[(..., *first.place)] = first.values
    for part in parts:
        whole[(..., *part.place)] = part.values
    return whole


@torch.no_grad()
def predict_tiled(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    *,
    tile: int = 512,
    overlap: int = 128,
    multiple: int = 1,
    progress: bool = False,
) -> Tensor:
    """Predict an image in square tiles; see `predict_parts`.

    An image that fits into one tile is predicted at once.

    Shape: image (B, C, H, W) -> (B, C', H, W), float32 on the device of the predictions, without gradient.

    Args:
        predict: Maps (B, C, h, w) to (B, C', h, w) for all h, w divisible by ``multiple``.
        image: The image.
        tile: Height and width of a tile in pixels.
        overlap: Pixels that neighbouring tiles share, an eighth of them blended.
        multiple: The number that must divide height and width for ``predict``. Origins of tiles are multiples
            of it, too, so that pooling regions are those of the whole image; tile and overlap are rounded up
            to it.
        progress: Show a progress bar on stderr.

    Raises:
        UserError: The tile is not larger than the overlap, or a number is out of range.

    >>> image = torch.rand(1, 3, 50, 70)
    >>> predict_tiled(lambda x: 2 * x, image, tile=32, overlap=16).allclose(2 * image)
    True
    """
    source = source_of(image)
    tiles = square_tiles(source.size, tile, overlap, multiple)
    return assembled(predict_parts(predict, source, tiles, progress=progress), source.size)


def tiling_difference(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    *,
    tile: int = 512,
    overlap: int = 128,
    multiple: int = 1,
) -> float:
    """Measure the largest absolute difference between the tiled and the whole prediction.

    It exceeds rounding for a network whose receptive field exceeds the margin, for example one with global
    pooling. The whole image must fit into memory.

    >>> tiling_difference(lambda x: x - x.mean(), torch.eye(64)[None, None], tile=32, overlap=16) > 0.01
    True
    """
    tiled = predict_tiled(predict, image, tile=tile, overlap=overlap, multiple=multiple)
    whole = predict_tiled(predict, image, tile=max(image.shape[-2:]), overlap=0, multiple=multiple)
    return (tiled - whole).abs().max().item()


def note_slow_tiles(tile: int, overlap: int) -> None:
    """Print a note where tiles share more than half of their pixels."""
    if tile < 2 * overlap:
        say(f"note: slow: tiles of {tile} with an overlap of {overlap} pixels advance by {tile - overlap}")


def _predictions(
    predict: Callable[[Tensor], Tensor], image: ImageSource, tiles: Tiles, progress: bool
) -> Iterator[Tensor]:
    height, width = tiles.size
    shown = progress and tiles.number > 1
    with progress_bar(
        tiles.number, f"tiles of {width}x{height}", unit="tile", at_once=True, shown=shown
    ) as bar:
        for rows, columns in product(tiles.rows, tiles.columns):
            tile = _padded(image, rows, columns)
            predicted = predict(tile)
            if predicted.ndim != 4 or predicted.shape[-2:] != tile.shape[-2:]:
                raise ValueError(
                    f"predict must keep height and width: {tuple(tile.shape)} became {tuple(predicted.shape)}"
                )
            del tile
            yield predicted.float()
            bar.update()


def _padded(image: ImageSource, rows: Span, columns: Span) -> Tensor:
    """Read a tile that may end beyond the image."""
    down, across = (_with_reflection(span, side) for span, side in zip((rows, columns), image.size))
    tile = image.read(down.read, across.read)
    if down.beyond:
        tile = torch.cat([tile, tile[..., down.beyond, :]], -2)
    if across.beyond:
        tile = torch.cat([tile, tile[..., across.beyond]], -1)
    return tile[..., down.first :, across.first :]


class _Axis(NamedTuple):
    """The pixels of a tile along an axis."""

    read: slice
    """Those of the image, from the first that is reflected if that is further up."""
    first: int
    """The tile's first pixel among them."""
    beyond: list[int]
    """The numbers of those that are repeated beyond the border of the image."""


def _with_reflection(span: Span, length: int) -> _Axis:
    beyond = max(0, span.stop - length)
    if not beyond:
        return _Axis(slice(*span), 0, [])
    reflects = beyond < length  # as `pad_to_multiple`
    start = min(span.start, length - 1 - beyond) if reflects else min(span.start, length - 1)
    last = length - 1 - start
    return _Axis(
        slice(start, length),
        span.start - start,
        [last - 1 - step if reflects else last for step in range(beyond)],
    )
