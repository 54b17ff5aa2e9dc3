"""VGG-16 with batch norm as an encoder, and SegNet on it: B3, which is DeepMatting [7], and B4."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from indexnet_core import Guidance, ResamplingStages, SpecError, initialize
from indexnet_core.functional.indexed import Normalization
from indexnet_core.initialization import Init
from indexnet_matting.models.base import MattingNetwork, scaled

__all__ = ["CONVOLUTIONS", "Refinement", "VGGEncoder", "VGGMatting"]

CONVOLUTIONS = (2, 2, 3, 3, 3)
"""Number of convolutions of each stage."""

_WIDTHS = (64, 128, 256, 512, 512)


class VGGEncoder(nn.Module):
    """The 13 convolutions of VGG-16 in five stages; whoever uses it goes down after each.

    Attributes:
        layers: the stages.
        channels: their widths.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.channels = [scaled(channels, width) for channels in _WIDTHS]
        stages = []
        wide = 4
        for out, count in zip(self.channels, CONVOLUTIONS, strict=True):
            stages.append(nn.Sequential(*(_convolution(wide if i == 0 else out, out) for i in range(count))))
            wide = out
        self.layers = nn.ModuleList(stages)


class Refinement(nn.Module):
    """DeepMatting's second stage [7]: four convolutions that correct the first stage's alpha.

    Args:
        width: channels of the hidden layers, 64 in [7].

    Shape: input (B, 4, H, W), alpha (B, 1, H, W) -> alpha (B, 1, H, W)
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for wide in (4, width, width):
            layers += [nn.Conv2d(wide, width, 3, padding=1), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, x: Tensor, alpha: Tensor) -> Tensor:
        """Add to alpha what the image (the first three channels of x) and alpha itself tell."""
        return alpha + self.layers(torch.cat([x[:, :3], alpha], 1))


class VGGMatting(MattingNetwork):
    """SegNet on VGG-16, without fusion or context (Table 2, B3 and B4).

    The bottom is VGG's first fully connected layer as a 7×7 convolution with 4096 channels. Every
    convolution has a bias, those of the decoder no batch norm. With max unpooling 130,545,345 parameters
    and 32.339 GFLOPs at 4 × 224 × 224. No sigmoid at the end, as in the other networks.

    Args:
        resampling: the operator, see `indexnet_core.OPERATORS`.
        refinement: whether DeepMatting's second stage follows (the last row of Table 3).
        width: multiplier of all channels.
        expansion: hidden width of index networks.
        normalization: index normalisation, one of the four rows of Table 4.
        init: ``he`` ("improved Xavier" [41]) or ``released``.
        pad: whether sizes that 32 does not divide are padded by reflection and cropped back.

    Shape: input (B, 4, H, W) -> alpha (B, 1, H, W), not clipped to [0, 1]

    Raises:
        SpecError: if an option is unknown.
        ShapeError: if 32 does not divide the sides and ``pad`` is not set.

    >>> VGGMatting(width=0.05).eval()(torch.rand(1, 4, 32, 64)).shape
    torch.Size([1, 1, 32, 64])
    """

    encoder: VGGEncoder

    def __init__(
        self,
        resampling: str = "max",
        *,
        refinement: bool = False,
        width: float = 1.0,
        expansion: int = 2,
        normalization: Normalization = "sigmoid+softmax",
        init: Init = "he",
        pad: bool = False,
    ) -> None:
        super().__init__(32, pad=pad)
        self.encoder = VGGEncoder(width)
        channels = self.encoder.channels
        self.resampling = ResamplingStages(
            resampling, channels, expansion=expansion, normalization=normalization, init=init
        )
        if self.resampling.conv_stride > 1:
            raise SpecError(f"VGG-16 has no strided convolutions for {resampling}; choose max+…")
        last, bottom = channels[-1], scaled(4096, width)
        self.bottom = nn.Sequential(
            nn.Conv2d(last, bottom, 7, padding=3), nn.ReLU(), nn.Conv2d(bottom, last, 1), nn.ReLU()
        )
        outputs = [channels[0], *channels[:-1]]
        self.decoder = nn.ModuleList(
            nn.Sequential(nn.Conv2d(wide, out, 5, padding=2), nn.ReLU())
            for wide, out in zip(channels, outputs, strict=True)
        )
        self.prediction = nn.Conv2d(channels[0], 1, 5, padding=2)
        self.refinement = Refinement(scaled(64, width)) if refinement else None
        for part in (self.encoder, self.bottom, self.decoder, self.prediction, self.refinement):
            if part is not None:
                initialize(part, init)

    def estimate(self, x: Tensor) -> Tensor:
        """Encode and decode; correct the alpha where there is a second stage."""
        y = x
        guidances: list[Guidance] = []
        for stage, convolutions in enumerate(self.encoder.layers):
            y, guidance = self.resampling[stage].down(convolutions(y))
            guidances.append(guidance)
        y = self.bottom(y)  # (B, 512, H/32, W/32)
        for stage in reversed(range(len(self.decoder))):
            y = self.decoder[stage](self.resampling[stage].up(y, guidances.pop()))
        alpha = self.prediction(y)
        return alpha if self.refinement is None else self.refinement(x, alpha)


def _convolution(channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(channels, out_channels, 3, padding=1),
            norm=nn.BatchNorm2d(out_channels),
            act=nn.ReLU(inplace=True),
        )
    )
