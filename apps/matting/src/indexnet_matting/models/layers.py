"""Layers that the matting networks share."""

from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core import in_strips, rows_of_strips
from indexnet_engine.models.layers import conv_norm_act

__all__ = ["InvertedResidual", "conv_norm", "conv_norm_relu6", "resize_like"]


conv_norm = partial(conv_norm_act, act=None)
"""Convolution without bias, and batch norm."""

conv_norm_relu6 = partial(conv_norm_act, act=nn.ReLU6)
"""`conv_norm` and ReLU6."""


class InvertedResidual(nn.Module):
    """MobileNetV2's block: expand, filter each channel, project.

    The block's input is padded before the expansion, instead of that of the depthwise convolution, which
    therefore sees expanded zeros at the border. The released networks do this, and the GFLOPs of Table 3
    require it.

    Args:
        channels: width of the input.
        out_channels: width of the output.
        expansion: hidden width as a multiple of ``channels``; 1 has no expanding convolution.
        stride: stride of the depthwise convolution.
        dilation: dilation of the depthwise convolution.

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
    """Interpolate x bilinearly to the size of another feature, with aligned corners.

    Strided convolutions keep corners aligned where the sides are 2ⁿ·m + 1.
    """
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=True)
