"""Continue in smaller tiles where a device runs out of memory."""

from collections.abc import Callable

import torch
from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_engine.inference.tiles import Tiles, tiles_within
from indexnet_engine.inference.tiling import assembled, predict_parts, source_of
from indexnet_engine.progress import say

__all__ = ["SmallerTiles", "is_out_of_memory"]

# PyTorch has a class for CUDA only; on the CPU, on MPS and on Windows the message tells.
_WORDS = ("out of memory", "can't allocate memory", "not enough memory")


def is_out_of_memory(error: Exception) -> bool:
    """Return whether an error says that a device, or the computer, has no memory left.

    >>> is_out_of_memory(MemoryError()), is_out_of_memory(RuntimeError("shape"))
    (True, False)
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _WORDS)


class SmallerTiles:
    """Runs a network on tiles, and on parts of a tile where it needs too much memory.

    The parts overlap as the tiles do, so the result stays the same as far as the overlap provides for it.
    What did not fit is not tried again.

    Args:
        predict: maps (B, C, h, w) to (B, C', h, w).
        overlap: pixels that neighbouring parts share.
        multiple: sides and origins of parts are multiples of it.
        blend: see `Tiles`.

    Raises:
        UserError: when it is called: the memory is too small for parts that are larger than the overlap.
    """

    def __init__(
        self, predict: Callable[[Tensor], Tensor], overlap: int, multiple: int = 1, blend: int | None = None
    ) -> None:
        self.predict = predict
        self.overlap = overlap
        self.multiple = multiple
        self.blend = blend
        self.too_much: float = float("inf")
        """Values of the smallest input that did not fit."""

    def __call__(self, x: Tensor) -> Tensor:
        """Run the network. (B, C, h, w) -> (B, C', h, w)."""
        if x.numel() < self.too_much:
            try:
                return self.predict(x)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
            # Only here, outside of the except block, are the features of the failed attempt gone.
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            self.too_much = x.numel()
            parts = self._parts(x)
            say(
                f"note: the device ran out of memory with {x.shape[-1]}x{x.shape[-2]} pixels; "
                f"continuing with {parts.size[1]}x{parts.size[0]}"
            )
        size = (x.shape[-2], x.shape[-1])
        return assembled(predict_parts(self, source_of(x), self._parts(x)), size)

    def _parts(self, x: Tensor) -> Tiles:
        height, width = x.shape[-2:]
        share = min(0.5, 0.5 * self.too_much / x.numel())
        parts = tiles_within((height, width), share * height * width, self.overlap, self.multiple, self.blend)
        if parts is None or parts.number == 1:
            raise UserError(
                f"the device ran out of memory with {width}x{height} pixels, and tiles that share "
                f"{self.overlap} pixels cannot be smaller; choose a smaller overlap, or another device"
            )
        return parts
