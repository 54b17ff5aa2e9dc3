"""Convolution, batch norm and activation as one block, and checks of widths."""

import math
from collections import OrderedDict
from functools import partial

from torch import nn

from indexnet_core import SpecError

__all__ = ["check_whole", "conv_norm", "conv_norm_act", "conv_norm_relu6", "scaled"]


def conv_norm_act(
    channels: int,
    out_channels: int,
    size: int,
    *,
    stride: int = 1,
    padding: int | None = None,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = False,
    act: type[nn.ReLU] | type[nn.ReLU6] | None = nn.ReLU,
) -> nn.Sequential:
    """Convolution, batch norm and activation, named ``conv``, ``norm`` and ``act``.

    Args:
        channels: width of the input.
        out_channels: width of the output.
        size: side of the kernel.
        stride: of the convolution.
        padding: of the convolution; by default it keeps the size.
        dilation: of the convolution.
        groups: of the convolution.
        bias: whether the convolution has a bias.
        act: class of the activation, or None for none.

    Shape: (B, channels, H, W) -> (B, out_channels, ⌈H/stride⌉, ⌈W/stride⌉) with the default padding
    """
    if padding is None:
        padding = dilation * (size // 2)
    conv = nn.Conv2d(channels, out_channels, size, stride, padding, dilation, groups, bias=bias)
    layers: OrderedDict[str, nn.Module] = OrderedDict(conv=conv, norm=nn.BatchNorm2d(out_channels))
    if act is not None:
        layers["act"] = act(inplace=True)
    return nn.Sequential(layers)


conv_norm = partial(conv_norm_act, act=None)
"""Convolution without bias, and batch norm."""

conv_norm_relu6 = partial(conv_norm_act, act=nn.ReLU6)
"""`conv_norm` and ReLU6."""


def check_whole(name: str, value: object, least: int = 1) -> None:
    """Refuse numbers of channels or layers below a minimum.

    Raises:
        SpecError: the number is too small; the message has the argument, the minimum and the value.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise SpecError(f"{name} must be a whole number of at least {least}, got {value!r}")


def scaled(channels: int, width: float) -> int:
    """Multiply a number of channels by a width multiplier, rounding down to at least one channel.

    >>> scaled(24, 1.4), scaled(320, 1.4), scaled(16, 0.01)
    (33, 448, 1)

    Raises:
        SpecError: if the multiplier is not positive.
    """
    if not isinstance(width, int | float) or not 0 < width < math.inf:
        raise SpecError(f"width must be a positive multiplier, got {width!r}")
    return max(1, int(channels * width))
