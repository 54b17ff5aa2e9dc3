"""Upsampling layers that need only a size, by the word after the plus in an operator's name."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from indexnet_core.initialization import initialize
from indexnet_core.resampling.carafe import Carafe
from indexnet_core.resampling.dysample import DySample

__all__ = ["UPS", "Up"]


@dataclass(frozen=True)
class Up:
    """An upsampling.

    Attributes:
        build: makes a layer (B, C', h, w) -> (B, C', kh, kw) from the width C' and k.
        learned: whether the layer has weights, so that it needs to know C'.
        exportable: whether `export_onnx` and `export_pt2` can write the layer.
    """

    build: Callable[[int, int], nn.Module]
    learned: bool = False
    exportable: bool = True


def deconvolution(channels: int, k: int) -> nn.Module:
    """A transposed convolution with a 2k × 2k kernel, initialised by He."""
    layer = nn.ConvTranspose2d(
        channels, channels, 2 * k, k, padding=(k + 1) // 2, output_padding=k % 2, bias=False
    )
    initialize(layer)
    return layer


def convolution_and_shuffle(channels: int, k: int) -> nn.Module:
    """A 1×1 convolution to k²·C' channels, initialised by He, and pixel shuffle."""
    layer = nn.Sequential(nn.Conv2d(channels, k * k * channels, 1, bias=False), nn.PixelShuffle(k))
    initialize(layer)
    return layer


UPS: dict[str, Up] = {
    "nearest": Up(lambda channels, k: nn.Upsample(scale_factor=float(k), mode="nearest")),
    "bilinear": Up(lambda channels, k: nn.Upsample(scale_factor=float(k), mode="bilinear")),
    "deconv": Up(deconvolution, learned=True),
    "shuffle": Up(convolution_and_shuffle, learned=True),
    "carafe": Up(Carafe, learned=True),
    "dysample": Up(DySample, learned=True),
}
"""Upsampling by the word after the plus."""
