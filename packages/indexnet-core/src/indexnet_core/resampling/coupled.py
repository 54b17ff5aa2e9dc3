"""Operators whose upsampling needs an index from downsampling; for index networks see `FAMILIES`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from indexnet_core.resampling.affinity import AffinityResampling
from indexnet_core.resampling.base import Resampling
from indexnet_core.resampling.max_unpool import HolisticMaxIndex, MaxUnpool

__all__ = ["COUPLED", "Coupled"]


@dataclass(frozen=True)
class Coupled:
    """A coupled operator.

    Attributes:
        build: makes the resampling from ``channels, up_channels`` and the keywords ``k`` and ``pad``.
        index: whether downsampling returns an index for each channel, which needs a decoder feature of the
            stage's own width, or one for all channels.
        learned: whether it has weights.
        exportable: whether `export_onnx` and `export_pt2` can write it.
    """

    build: Callable[..., Resampling]
    index: Literal["depthwise", "holistic"]
    learned: bool = False
    exportable: bool = True


COUPLED: dict[str, Coupled] = {
    "max": Coupled(MaxUnpool, "depthwise"),
    "hmi": Coupled(HolisticMaxIndex, "holistic"),
    "a2u": Coupled(AffinityResampling, "holistic", learned=True),
    "a2u-unshared": Coupled(partial(AffinityResampling, sharing="unshared"), "holistic", learned=True),
}
"""Coupled operators by name."""
