"""VGG-16 with batch norm as an encoder: its 13 convolutions in five stages."""

from collections import OrderedDict

from torch import nn

__all__ = ["CONVOLUTIONS", "VGGEncoder", "convolution", "stage_widths"]

CONVOLUTIONS = (2, 2, 3, 3, 3)
"""Number of convolutions of each stage."""


def stage_widths(width: int) -> list[int]:
    """Channels of the five stages; VGG-16 has ``width`` 64.

    >>> stage_widths(64)
    [64, 128, 256, 512, 512]
    """
    return [width, 2 * width, 4 * width, 8 * width, 8 * width]


class VGGEncoder(nn.Module):
    """The convolutions of VGG-16, with batch norm and ReLU; whoever uses it goes down after each stage.

    Args:
        width: channels of the first stage.
        channels: of the input.

    Attributes:
        layers: the stages.
        channels: their widths.
    """

    def __init__(self, width: int = 64, channels: int = 3) -> None:
        super().__init__()
        self.channels = stage_widths(width)
        inputs = [channels, *self.channels[:-1]]
        self.layers = nn.ModuleList(
            nn.Sequential(*(convolution(wide if index == 0 else out, out) for index in range(count)))
            for wide, out, count in zip(inputs, self.channels, CONVOLUTIONS, strict=True)
        )


def convolution(channels: int, out_channels: int) -> nn.Sequential:
    """Give a 3×3 convolution with bias, batch norm and ReLU.

    Shape: (B, channels, H, W) -> (B, out_channels, H, W)
    """
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(channels, out_channels, 3, padding=1),
            norm=nn.BatchNorm2d(out_channels),
            act=nn.ReLU(inplace=True),
        )
    )
