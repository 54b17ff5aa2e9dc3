"""VGG-16 with batch norm as an encoder: its 13 convolutions in five stages."""

from collections.abc import Sequence
from itertools import accumulate

from torch import nn

from indexnet_core import ResamplingStages, SpecError
from indexnet_engine.models.encoder_weights import WeightLayout
from indexnet_engine.models.layers import conv_norm_act

__all__ = ["TORCHVISION_VGG", "VGGEncoder", "convolutions", "refuse_strides"]

CONVOLUTIONS = (2, 2, 3, 3, 3)
"""Number of convolutions of each stage."""

# Index in torchvision's flat list `features` at which a stage begins: three modules per convolution, one
# pooling.
_FIRST = (0, *accumulate(3 * count + 1 for count in CONVOLUTIONS[:-1]))


class VGGEncoder(nn.Module):
    """The convolutions of VGG-16, with batch norm and ReLU; the caller downsamples after each stage.

    Args:
        channels: channels of the input.
        widths: channels of the five stages; VGG-16 has 64, 128, 256, 512 and 512.

    Attributes:
        layers: the stages.
        channels: their widths.
    """

    def __init__(self, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.channels = list(widths)
        self.layers = nn.ModuleList(
            convolutions(wide, out, count)
            for wide, out, count in zip([channels, *widths[:-1]], widths, CONVOLUTIONS, strict=True)
        )


def convolutions(channels: int, out_channels: int, count: int) -> nn.Sequential:
    """One stage: 3×3 convolutions with bias, batch norm and ReLU; the first one changes the width.

    Shape: (B, channels, H, W) -> (B, out_channels, H, W)
    """
    return nn.Sequential(
        *(
            conv_norm_act(channels if index == 0 else out_channels, out_channels, 3, bias=True)
            for index in range(count)
        )
    )


def refuse_strides(resampling: ResamplingStages) -> None:
    """Refuse operators that downsample by the encoder's own strided convolutions, which VGG-16 lacks.

    Raises:
        SpecError: if the operator needs them.
    """
    if resampling.conv_stride > 1:
        raise SpecError(f"VGG-16 has no strided convolutions for {resampling.operator}; choose max+…")


def _torchvision_name(key: str) -> str:
    """Name in torchvision's ``vgg16_bn`` of one of the encoder's tensors.

    >>> _torchvision_name("layers.1.0.norm.bias")
    'features.8.bias'
    """
    _, stage, place, kind, what = key.split(".")
    return f"features.{_FIRST[int(stage)] + 3 * int(place) + (kind == 'norm')}.{what}"


TORCHVISION_VGG = WeightLayout("torchvision's vgg16_bn", "features.0.weight", _torchvision_name)
"""Torchvision's names of these weights."""
