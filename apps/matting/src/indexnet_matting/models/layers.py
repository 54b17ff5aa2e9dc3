"""The few layers that every matting network is made of."""

from collections import OrderedDict

import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core.fused.strips import in_strips, rows_of_strips

__all__ = ["InvertedResidual", "conv_norm", "conv_norm_relu6", "resize_like"]


def conv_norm(
    channels: int,
    out_channels: int,
    size: int,
    *,
    stride: int = 1,
    padding: int | None = None,
    dilation: int = 1,
    groups: int = 1,
) -> nn.Sequential:
    """Convolution without bias, and batch norm; padded to keep the size unless told otherwise."""
    if padding is None:
        padding = dilation * (size // 2)
    conv = nn.Conv2d(channels, out_channels, size, stride, padding, dilation, groups, bias=False)
    return nn.Sequential(OrderedDict(conv=conv, norm=nn.BatchNorm2d(out_channels)))


def conv_norm_relu6(
    channels: int,
    out_channels: int,
    size: int,
    *,
    stride: int = 1,
    padding: int | None = None,
    dilation: int = 1,
    groups: int = 1,
) -> nn.Sequential:
    """`conv_norm` and ReLU6."""
    layers = conv_norm(
        channels, out_channels, size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    layers.add_module("act", nn.ReLU6(inplace=True))
    return layers


class InvertedResidual(nn.Module):
    """MobileNetV2's block: expand, filter each channel, project.

    The block's input is padded, before the expansion, and the depthwise convolution is not: the border
    sees what the expansion makes of zeros, not zeros. The released networks are so, and the GFLOPs of
    Table 3 come out only so.

    Args:
        channels: width of the input.
        out_channels: width of the output.
        expansion: hidden width as a multiple of ``channels``; 1 has no expanding convolution.
        stride: of the depthwise convolution.
        dilation: of the depthwise convolution.

    Shape: (B, channels, H, W) -> (B, out_channels, ⌈H/stride⌉, ⌈W/stride⌉)
    """

    def __init__(
        self, channels: int, out_channels: int, expansion: int, *, stride: int = 1, dilation: int = 1
    ) -> None:
        super().__init__()
        hidden = channels * expansion
        self.border, self.stride, self.hidden = dilation, stride, hidden
        self.residual = stride == 1 and channels == out_channels
        self.expand = conv_norm_relu6(channels, hidden, 1) if expansion > 1 else nn.Identity()
        self.depthwise = conv_norm_relu6(
            hidden, hidden, 3, stride=stride, padding=0, dilation=dilation, groups=hidden
        )
        self.project = conv_norm(hidden, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Add the block's result to its input where the shapes agree."""
        height, width = x.shape[2:]
        rows = rows_of_strips(self.hidden, height, width) if self.stride == 1 else height
        y = in_strips(lambda top, bottom: self._run(x[:, :, top:bottom]), height, rows=rows, halo=self.border)
        return x + y if self.residual else y

    def _run(self, x: Tensor) -> Tensor:
        return self.project(self.depthwise(self.expand(F.pad(x, [self.border] * 4))))


def resize_like(x: Tensor, like: Tensor) -> Tensor:
    """Interpolate x bilinearly to the size of another feature, the corners' centres on the corners'.

    Strided convolutions keep the corners where they are when the sides are 2ⁿ·m + 1.
    """
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=True)
