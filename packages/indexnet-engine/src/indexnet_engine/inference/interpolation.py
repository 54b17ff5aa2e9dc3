"""Bilinear interpolation of predictions that come in rectangles."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from indexnet_engine.inference.blending import Part

__all__ = ["interpolated"]


def interpolated(parts: Iterable[Part], size: tuple[int, int], wanted: tuple[int, int]) -> Iterator[Part]:
    """Resize a prediction bilinearly, as `torch.nn.functional.interpolate`, rectangle by rectangle.

    Only a row of the whole width is kept besides a rectangle.

    Args:
        parts: rectangles that cover the prediction, row by row.
        size: height and width of the prediction.
        wanted: height and width of the result.

    >>> (part,) = interpolated([Part(0, 0, torch.eye(2)[None, None])], (2, 2), (1, 1))
    >>> part.values.item()
    0.5
    """
    rows, columns = _positions(size[0], wanted[0]), _positions(size[1], wanted[1])
    above = below = torch.empty(0)  # (B, C, 1, W): the last row of the rectangles above, and of these
    beside = torch.empty(0)  # the last column of the rectangle on the left
    for part in parts:
        values = part.values
        place = part.place
        if part.left == 0:
            above, below = below, values.new_empty((*values.shape[:2], 1, size[1]))
        if part.top > 0:
            values = torch.cat([above[..., place[1]], values], -2)
        below[..., place[1]] = values[..., -1:, :]
        last = values[..., -1:].clone()
        if part.left > 0:
            values = torch.cat([beside, values], -1)
        beside = last
        down, across = rows.within(place[0]), columns.within(place[1])
        if len(down.upper) and len(across.upper):
            mixed = down.mix(values, -2, place[0].stop)
            mixed = across.mix(mixed, -1, place[1].stop)
            yield Part(down.first, across.first, mixed)


class _Positions(NamedTuple):
    """Where the pixels of the result lie between those of the prediction, along an axis."""

    first: int
    """The number of the first pixel."""
    lower: Tensor
    upper: Tensor
    weight: Tensor
    """Of ``upper``."""

    def within(self, span: slice) -> "_Positions":
        """Select the pixels whose upper neighbour is in a span."""
        chosen = ((self.upper >= span.start) & (self.upper < span.stop)).nonzero().flatten()
        if not len(chosen):
            return _Positions(0, chosen, chosen, chosen)
        where = slice(int(chosen[0]), int(chosen[-1]) + 1)
        return _Positions(where.start, self.lower[where], self.upper[where], self.weight[where])

    def mix(self, values: Tensor, axis: int, stop: int) -> Tensor:
        """Interpolate along an axis, at whose end is the pixel before ``stop``."""
        start = stop - values.shape[axis]
        lower, upper = (
            values.index_select(axis, (index - start).to(values.device)) for index in (self.lower, self.upper)
        )
        weight = self.weight.to(values)
        return lower.lerp(upper, weight[:, None] if axis == -2 else weight)


def _positions(length: int, wanted: int) -> _Positions:
    position = ((torch.arange(wanted, dtype=torch.float64) + 0.5) * length / wanted - 0.5).clamp(min=0)
    lower = position.long()
    return _Positions(0, lower, (lower + 1).clamp(max=length - 1), position - lower)
