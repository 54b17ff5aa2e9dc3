"""MobileNetV2 as an encoder (Fig. 8): its layers 0 to 7, without the classifier."""

from typing import get_args

from torch import nn

from indexnet_core import SpecError
from indexnet_engine.models.layers import scaled
from indexnet_matting.models.base import OutputStride
from indexnet_matting.models.layers import InvertedResidual, conv_norm_relu6

__all__ = ["CHANNELS", "DOWN", "LAYERS", "MobileNetEncoder"]

LAYERS = ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1))
"""Expansion, channels and number of blocks of layers 1 to 7."""

CHANNELS = (32, *(channels for _, channels, _ in LAYERS))
"""Widths of layers 0 to 7."""

DOWN = (0, 2, 3, 4, 6)
"""The layers after which the feature map is halved."""


class MobileNetEncoder(nn.Module):
    """The layers of MobileNetV2; the caller runs them and downsamples after those in ``down``.

    In the matting network all convolutions have stride 1 and a resampling downsamples between the layers
    (``conv_stride=1``). With ``conv_stride=2`` the strides are MobileNetV2's own, in the same layers.

    Args:
        width: multiplier of all channels.
        conv_stride: stride of the layers in ``down``.
        output_stride: 32, or 16, which does not downsample at layer 6 and dilates its last two blocks and
            layer 7 by 2 instead.

    Attributes:
        layers: layer 0, a 3×3 convolution of the 4 input channels, and layers 1 to 7 of inverted residuals.
        channels: their widths.
        down: the layers that end a stage.

    Raises:
        SpecError: if an option is out of range.
    """

    def __init__(self, width: float = 1.0, *, conv_stride: int = 1, output_stride: OutputStride = 32) -> None:
        super().__init__()
        if output_stride not in get_args(OutputStride):
            raise SpecError(f"output_stride must be one of {get_args(OutputStride)}, got {output_stride!r}")
        self.down = DOWN if output_stride == 32 else DOWN[:-1]
        self.channels = [scaled(channels, width) for channels in CHANNELS]
        layers: list[nn.Module] = [conv_norm_relu6(4, self.channels[0], 3, stride=conv_stride)]
        for layer, (expansion, _, blocks) in enumerate(LAYERS, 1):
            wide, out = self.channels[layer - 1 : layer + 1]
            stride = conv_stride if layer in self.down else 1
            dilated = output_stride == 16 and layer >= 6
            first = InvertedResidual(
                wide, out, expansion, stride=stride, dilation=2 if dilated and layer == 7 else 1
            )
            others = [
                InvertedResidual(out, out, expansion, dilation=2 if dilated else 1) for _ in range(blocks - 1)
            ]
            layers.append(nn.Sequential(first, *others))
        self.layers = nn.ModuleList(layers)
