"""Predictions of overlapping tiles, blended without seams and handed on as they are finished."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from indexnet_engine.inference.tiles import Span, Tiles

__all__ = ["Part", "blended"]


class Part(NamedTuple):
    """A finished rectangle of a prediction."""

    top: int
    left: int
    values: Tensor
    """(B, C, h, w), float32."""

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns of the image."""
        height, width = self.values.shape[-2:]
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


class _Share(NamedTuple):
    """The contribution of a tile along one axis, in pixels of the image."""

    start: int
    """First pixel with a weight above 0."""
    next_start: int
    """First pixel to which the next tile contributes, too."""
    stop: int
    weights: Tensor
    """From ``start`` to ``stop``; over all tiles they add up to one at every pixel."""


def blended(predictions: Iterable[Tensor], tiles: Tiles) -> Iterator[Part]:
    """Blend the predictions of all tiles into rectangles that cover the image, each pixel once.

    A rectangle is handed on with the last tile that contributes to it. So only the blended rows of the tiles
    above and the blended columns of the tile on the left are kept.

    Args:
        predictions: (B, C, h, w) of each tile, row by row.
        tiles: the grid.
    """
    rows, columns = _shares(tiles.rows, tiles.blend), _shares(tiles.columns, tiles.blend)
    predicted = iter(predictions)
    above: list[Tensor] = []  # for each column of tiles (B, C, blended rows, its width without `beside`)
    for row, down in zip(rows, tiles.rows, strict=True):
        below: list[Tensor] = []
        beside: Tensor | None = None  # (B, C, h, blended columns)
        for index, (column, across) in enumerate(zip(columns, tiles.columns, strict=True)):
            share = _weighted(next(predicted), row, column, down, across)
            height, width = row.next_start - row.start, column.next_start - column.start
            if beside is not None:
                share[..., : beside.shape[-1]] += beside
            if above:
                share[..., : above[index].shape[-2], :width] += above[index]
            # Copies, so that the whole share is not kept in memory.
            beside = share[..., width:].clone()
            below.append(share[..., height:, :width].clone())
            yield Part(row.start, column.start, share[..., :height, :width])
        above = below


def _weighted(prediction: Tensor, row: _Share, column: _Share, down: Span, across: Span) -> Tensor:
    part = prediction[
        ...,
        row.start - down.start : row.stop - down.start,
        column.start - across.start : column.stop - across.start,
    ]
    weights = row.weights[:, None] * column.weights
    return part.float() * weights.to(part.device)


def _shares(axis: list[Span], blend: int) -> list[_Share]:
    """Return the contribution of each tile along an axis.

    The weights of a tile are the difference of two rising ramps, one in the overlap with the tile before and
    one in the overlap with the tile after it, so that the sum over all tiles telescopes to one.
    """
    shares = []
    for index, (start, stop) in enumerate(axis):
        position = torch.arange(start, stop, dtype=torch.float32)
        weights, next_start = torch.ones_like(position), stop
        if index + 1 < len(axis):
            rise = _rise(position, axis[index + 1].start, stop, blend)
            next_start = start + int((rise == 0).sum())
            weights -= rise
        if index > 0:
            weights *= _rise(position, start, axis[index - 1].stop, blend)
        used = weights.nonzero().flatten()
        first, last = int(used[0]), int(used[-1]) + 1
        shares.append(_Share(start + first, next_start, start + last, weights[first:last]))
    return shares


def _rise(position: Tensor, start: int, stop: int, blend: int) -> Tensor:
    """Rise from 0 to 1 in the middle of the overlap ``start <= x < stop``; pixel centres are at x + 1/2."""
    return ((position + 0.5 - (start + stop) / 2) / blend + 0.5).clamp(0, 1)
