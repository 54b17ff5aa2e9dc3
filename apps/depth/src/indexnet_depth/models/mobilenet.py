"""MobileNet-v1 as an encoder (Fig. 13): its 14 units, without the classifier."""

from collections import OrderedDict

from torch import nn

from indexnet_engine.models import layers
from indexnet_engine.models.layers import conv_norm_act

__all__ = ["CHANNELS", "DOWN", "MobileNetEncoder", "scaled"]

CHANNELS = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
"""Widths of units 0 to 13."""

DOWN = (0, 2, 4, 6, 12)
"""The units after which the feature map is halved."""


class MobileNetEncoder(nn.Module):
    """The units of MobileNet-v1; the caller runs them and downsamples after those in `DOWN`.

    Unit 0 is a 3×3 convolution of the colours, the others are a depthwise 3×3 and a 1×1 convolution. In the
    P variant and in the index networks all have stride 1, and a resampling downsamples after the unit; with
    ``conv_stride=2`` the strides are MobileNet's own, in the same units.

    Args:
        width: multiplier of all channels, see `scaled`.
        conv_stride: stride of the units in `DOWN`.

    Attributes:
        units: unit 0 to 13.
        channels: their widths.

    Raises:
        SpecError: if the width is not positive.
    """

    def __init__(self, width: float = 1.0, *, conv_stride: int = 1) -> None:
        super().__init__()
        self.channels = [scaled(channels, width) for channels in CHANNELS]
        units: list[nn.Module] = [conv_norm_act(3, self.channels[0], 3, stride=conv_stride, act=nn.ReLU6)]
        for unit in range(1, len(CHANNELS)):
            wide, out = self.channels[unit - 1 : unit + 1]
            stride = conv_stride if unit in DOWN else 1
            depthwise = conv_norm_act(wide, wide, 3, stride=stride, groups=wide, act=nn.ReLU6)
            pointwise = conv_norm_act(wide, out, 1, act=nn.ReLU6)
            units.append(nn.Sequential(OrderedDict(depthwise=depthwise, pointwise=pointwise)))
        self.units = nn.ModuleList(units)

    @staticmethod
    def stage_channels(width: float = 1.0) -> list[int]:
        """Return the widths of the downsampled features: 32, 128, 256, 512, 1024 times the multiplier."""
        return [scaled(CHANNELS[unit], width) for unit in DOWN]


def scaled(channels: int, width: float) -> int:
    """Multiply a number of channels by a width multiplier, rounded down to a multiple of 1/32.

    This keeps the ratios of all widths: the decoder has half the channels of the encoder (Section 5.4).

    >>> scaled(32, 0.1), scaled(1024, 0.1), scaled(512, 1.0)
    (3, 96, 512)

    Raises:
        SpecError: if the multiplier is not positive.
    """
    return channels // CHANNELS[0] * layers.scaled(CHANNELS[0], width)
