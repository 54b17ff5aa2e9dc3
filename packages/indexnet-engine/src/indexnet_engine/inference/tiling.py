"""Prediction for images of any size: overlapping tiles, blended without seams."""

import math
from collections.abc import Callable
from itertools import pairwise, product
from typing import NamedTuple, cast

import torch
from torch import Tensor
from tqdm import tqdm

from indexnet_core import pad_to_multiple
from indexnet_engine.errors import OptionError
from indexnet_engine.progress import say


class Span(NamedTuple):
    """One tile along one axis, in pixels: ``start <= x < stop``."""

    start: int
    stop: int


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
    """Predict an image tile by tile, with the memory of one tile.

    Neighbouring tiles share ``overlap`` pixels and are blended in the middle eighth of them. The margin
    beyond that band, 7/16 of the overlap, only provides context. So the prediction equals that of the whole
    image if no output pixel depends on pixels further away than the margin. At the border of the image a tile
    has no margin, and an image that fits into one tile is predicted at once. The image is padded to the
    multiple by reflection (by replication if it is too small for that) on the right and below, and the
    prediction is cropped.

    Shape: image (B, C, H, W) -> (B, C', H, W), float32 on the image's device, without gradient.

    Args:
        predict: Maps (B, C, h, w) to (B, C', h, w) for all h, w divisible by ``multiple``.
        image: The image.
        tile: Height and width of a tile in pixels.
        overlap: Pixels that neighbouring tiles share.
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
    if image.ndim != 4 or not image.numel():
        raise ValueError(f"expected an image (B, C, H, W), got {tuple(image.shape)}")
    check_tiling(tile, overlap, multiple)
    tile, overlap = _round_up(tile, multiple), _round_up(overlap, multiple)
    height, width = image.shape[-2:]
    padded = pad_to_multiple(image, multiple)
    rows = spans(padded.shape[-2], tile, overlap)
    columns = spans(padded.shape[-1], tile, overlap)
    if len(rows) == len(columns) == 1:
        return _checked(predict, padded).to(image.device)[..., :height, :width]

    row_weights, column_weights = _weights(rows, image.device), _weights(columns, image.device)
    output: Tensor | None = None  # allocated after the first tile, which has the number of channels
    tiles = list(product(range(len(rows)), range(len(columns))))
    for row, column in tqdm(tiles, desc="tiles", unit="tile", disable=not progress, leave=False):
        here = (..., slice(*rows[row]), slice(*columns[column]))
        predicted = _checked(predict, padded[here]).to(image.device)
        if output is None:
            output = torch.zeros((*predicted.shape[:2], *padded.shape[-2:]), device=image.device)
        output[here] += predicted * (row_weights[row][:, None] * column_weights[column])
    return cast(Tensor, output)[..., :height, :width]  # there is always a first tile


@torch.no_grad()
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
    whole = _checked(predict, pad_to_multiple(image, multiple))[..., : image.shape[-2], : image.shape[-1]]
    return (tiled - whole.to(tiled.device)).abs().max().item()


def overlap_for(reach: int, multiple: int = 1) -> int:
    """Return the pixels that tiles must share so that the prediction equals that of the whole image.

    Args:
        reach: the distance of the furthest input pixel on which an output pixel depends.
        multiple: as in `predict_tiled`.

    >>> overlap_for(71, 8)
    168
    """
    return _round_up(math.ceil(reach * 16 / 7), multiple)


def check_tiling(tile: int, overlap: int, multiple: int = 1) -> None:
    """Refuse numbers that `predict_tiled` cannot use, before anything is computed.

    Raises:
        UserError: The tile is not larger than the overlap, or a number is out of range.
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


def note_slow_tiles(tile: int, overlap: int) -> None:
    """Print a note where tiles share more than half of their pixels."""
    if tile < 2 * overlap:
        say(f"note: slow: tiles of {tile} with an overlap of {overlap} pixels advance by {tile - overlap}")


def spans(length: int, tile: int, overlap: int) -> list[Span]:
    """Cover a length with tiles that share ``overlap`` pixels; the last one is truncated at the end.

    >>> spans(100, 40, 10)
    [Span(start=0, stop=40), Span(start=30, stop=70), Span(start=60, stop=100)]
    >>> spans(30, 40, 10)
    [Span(start=0, stop=30)]
    """
    step = tile - overlap
    count = 1 + max(0, math.ceil((length - tile) / step))
    return [Span(index * step, min(index * step + tile, length)) for index in range(count)]


def _weights(row: list[Span], device: torch.device) -> list[Tensor]:
    """Return the weights along each tile, float32; over all tiles they add up to one at every pixel.

    Each tile's weights are the difference of two rising ramps, one in the overlap with the tile before and
    one in the overlap with the tile after it, so that the sum over all tiles telescopes to one.
    """
    positions = [torch.arange(span.start, span.stop, dtype=torch.float32) for span in row]
    weights = [torch.ones_like(position) for position in positions]
    for index, (before, after) in enumerate(pairwise(row)):
        weights[index] -= _rise(positions[index], after.start, before.stop)
        weights[index + 1] *= _rise(positions[index + 1], after.start, before.stop)
    return [weight.to(device) for weight in weights]


def _rise(position: Tensor, start: int, stop: int) -> Tensor:
    """Rise from 0 to 1 in the middle of the overlap ``start <= x < stop``; pixel centres are at x + 1/2."""
    middle, width = (start + stop) / 2, max((stop - start) // 8, 1)
    return ((position + 0.5 - middle) / width + 0.5).clamp(0, 1)


def _checked(predict: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    predicted = predict(image)
    if predicted.ndim != 4 or predicted.shape[-2:] != image.shape[-2:]:
        raise ValueError(
            f"predict must keep height and width: {tuple(image.shape)} became {tuple(predicted.shape)}"
        )
    return predicted.float()


def _round_up(value: int, multiple: int) -> int:
    return math.ceil(value / multiple) * multiple
