"""Atrous spatial pyramid pooling (DeepLab): context for the decoder."""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from indexnet_engine.models.layers import conv_norm_relu6

__all__ = ["ASPP"]


class ASPP(nn.Module):
    """A 1×1 convolution, separable 3×3 ones at several dilations, and the image's mean; concatenated.

    In training the mean's batch norm needs at least two images in a batch.

    Args:
        channels: width of the input.
        hidden: width of every branch.
        out_channels: width of the output.
        dilations: dilations of the 3×3 convolutions.

    Shape: (B, channels, H, W) -> (B, out_channels, H, W)
    """

    def __init__(
        self, channels: int, hidden: int, out_channels: int, dilations: Sequence[int] = (2, 4, 8)
    ) -> None:
        super().__init__()
        self.point = conv_norm_relu6(channels, hidden, 1)
        self.atrous = nn.ModuleList(_separable(channels, hidden, dilation) for dilation in dilations)
        self.mean = conv_norm_relu6(channels, hidden, 1)
        self.project = conv_norm_relu6(hidden * (2 + len(dilations)), out_channels, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Concatenate the branches and project them."""
        mean = self.mean(x.mean((2, 3), keepdim=True))  # (B, hidden, 1, 1)
        branches = [self.point(x), *(branch(x) for branch in self.atrous), mean.expand(-1, -1, *x.shape[2:])]
        return self.dropout(self.project(torch.cat(branches, 1)))


def _separable(channels: int, out_channels: int, dilation: int) -> nn.Sequential:
    depthwise = conv_norm_relu6(channels, channels, 3, dilation=dilation, groups=channels)
    return nn.Sequential(OrderedDict(depthwise=depthwise, project=conv_norm_relu6(channels, out_channels, 1)))
