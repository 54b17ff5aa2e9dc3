"""Process large feature maps in strips of rows, so that temporaries stay small."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

__all__ = ["in_strips", "rows_of_strips", "saving_memory"]

# Cap temporaries at 2²² values so that malloc reuses them.
_VALUES = 2**22

_ROWS = 16

_saving: ContextVar[bool] = ContextVar("saving", default=False)


@contextmanager
def saving_memory() -> Iterator[None]:
    """Let layers process large maps in strips inside the block; for inference without gradients."""
    if torch.compiler.is_compiling():  # a compiled graph processes the whole map
        yield
        return
    token = _saving.set(True)
    try:
        yield
    finally:
        _saving.reset(token)


def rows_of_strips(channels: float, height: int, width: int, scale: int = 1) -> int:
    """Number of rows of a strip, for a layer whose widest map is (B, channels, height, width).

    All rows outside of `saving_memory`, in compiled and exported graphs, and for small maps; otherwise a
    multiple of 16 and of ``scale``, see `in_strips`.
    """
    # Checked first, since not every compiler can read a context variable.
    if torch.compiler.is_compiling() or torch.jit.is_tracing() or not _saving.get():
        return height
    least = math.lcm(_ROWS, scale)
    rows = int(_VALUES / (channels * width)) // least * least
    return min(height, max(least, rows))


def in_strips(
    function: Callable[[int, int], Tensor], height: int, *, rows: int, halo: int, scale: int = 1
) -> Tensor:
    """Assemble a map from strips, each computed from some rows of the input.

    Without its neighbours a strip is wrong in at most ``halo`` rows; these overlap with the neighbouring
    strip and are cut off. So the result equals that of all rows at once.

    Args:
        function: from the rows ``top`` to ``bottom`` of the input to (B, C, (bottom - top) / scale, W).
        height: rows of the input.
        rows: rows of a strip, a multiple of ``scale``.
        halo: rows beyond a strip that its result depends on, a multiple of ``scale``.
        scale: rows of the input per row of the result.

    Shape: -> (B, C, height / scale, W)

    >>> x, smooth = torch.rand(1, 1, 50, 4), torch.nn.Conv2d(1, 1, 3, padding=1)
    >>> strips = in_strips(lambda top, bottom: smooth(x[:, :, top:bottom]), 50, rows=16, halo=1)
    >>> torch.allclose(strips, smooth(x))
    True
    """
    if rows >= height:
        return function(0, height)
    result = torch.empty(0)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        start = max(0, top - halo)
        strip = function(start, min(height, bottom + halo))
        strip = strip[:, :, (top - start) // scale : (bottom - start) // scale]
        if top == 0:
            result = _like(strip, height // scale)
        result[:, :, top // scale : bottom // scale] = strip
    return result


def _like(strip: Tensor, height: int) -> Tensor:
    """An unwritten map of all rows in the memory format of a strip."""
    _, channels, _, width = strip.shape
    last = channels > 1 and strip.stride(1) == 1
    return torch.empty(
        (strip.shape[0], channels, height, width),
        dtype=strip.dtype,
        device=strip.device,
        memory_format=torch.channels_last if last else torch.contiguous_format,
    )
