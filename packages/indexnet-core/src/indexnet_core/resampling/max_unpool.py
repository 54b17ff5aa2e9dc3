"""Max pooling with unpooling (SegNet), and the holistic max index (HMI) of Table 3."""

import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.errors import ShapeError
from indexnet_core.functional.index_functions import max_index
from indexnet_core.functional.indexed import indexed_pool, indexed_upsample
from indexnet_core.functional.padding import pad_to_multiple
from indexnet_core.modes import exporting
from indexnet_core.resampling.base import Guidance, Resampling, required_index

__all__ = ["HolisticMaxIndex", "MaxUnpool"]


def _wants_map() -> bool:
    """Whether I_max is computed as a map, since PyTorch's unpooling is no deterministic operation."""
    return exporting() or torch.are_deterministic_algorithms_enabled()


def _extend_by_the_lowest(x: Tensor, k: int) -> Tensor:
    """Pad such that no new pixel is a maximum.

    By the lowest finite number, since the product of −∞ with an index of 0 is not a number.
    """
    return pad_to_multiple(x, k, torch.finfo(x.dtype).min)


class MaxUnpool(Resampling):
    """Max pooling, and unpooling to the position of the maximum (Eq. 1).

    With ``pad`` on sides that k does not divide, pooling equals ``MaxPool2d(k, ceil_mode=True)``.

    Exported graphs compute I_max and unpool with standard operators, since PyTorch's unpooling is a scatter
    operation that few runtimes support.
    """

    def __init__(
        self, channels: int | None, up_channels: int | None = None, *, k: int = 2, pad: bool = False
    ) -> None:
        super().__init__(channels, up_channels, k=k, pad=pad)
        self._require_same_width("the max indices")

    def _extend(self, x: Tensor) -> Tensor:
        return _extend_by_the_lowest(x, self.k)

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, Tensor, Tensor | None]:
        if _wants_map():
            pooled, index = F.max_pool2d(x, self.k), max_index(x, self.k)
        else:
            pooled, index = F.max_pool2d(x, self.k, return_indices=True)
        return pooled, index, x if skip else None

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        index = required_index(guidance, Tensor)
        if index.is_floating_point():
            return indexed_upsample(y, index, self.k)
        if index.shape != y.shape:
            raise ShapeError(f"the max indices of {tuple(index.shape)} do not fit {tuple(y.shape)}")
        return F.max_unpool2d(y, index, (self.k, self.k))


class HolisticMaxIndex(Resampling):
    """Max indices of the channel-wise maximum X' (B, 1, H, W) for all channels (Section 5.1, HMI)."""

    def _extend(self, x: Tensor) -> Tensor:
        return _extend_by_the_lowest(x, self.k)

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, Tensor, Tensor | None]:
        index = max_index(x.amax(1, keepdim=True), self.k)
        return indexed_pool(x, index, self.k), index, x * index if skip else None

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        return indexed_upsample(y, required_index(guidance, Tensor), self.k)
