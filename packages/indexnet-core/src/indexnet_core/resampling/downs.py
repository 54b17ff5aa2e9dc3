"""Downsampling layers without an index, by the word before the plus in an operator's name."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

__all__ = ["DOWNS", "Down"]


@dataclass(frozen=True)
class Down:
    """A downsampling.

    Attributes:
        build: makes a layer (B, C, kH, kW) -> (B, C, H, W) from the width C and k.
        learned: whether the layer has weights, so that it needs to know C.
        strided: whether the network's own convolution before the stage downsamples, with stride k; the layer
            then returns its input.
        exportable: whether `export_onnx` and `export_pt2` can write the layer.
    """

    build: Callable[[int, int], nn.Module]
    learned: bool = False
    strided: bool = False
    exportable: bool = True


DOWNS: dict[str, Down] = {
    "max": Down(lambda channels, k: nn.MaxPool2d(k)),
    "avg": Down(lambda channels, k: nn.AvgPool2d(k)),
    "stride": Down(lambda channels, k: nn.Identity(), strided=True),
}
"""Downsampling by the word before the plus."""
