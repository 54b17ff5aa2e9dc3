"""SegNet on VGG-16: B3, which is DeepMatting [7], and B4."""

import torch
from torch import Tensor, nn

from indexnet_core import Init, Normalization, ResamplingStages, initialize
from indexnet_engine.models.layers import scaled
from indexnet_engine.models.mirror import encode_and_decode
from indexnet_engine.models.vgg import VGGEncoder, refuse_strides
from indexnet_matting.models.base import MattingNetwork

__all__ = ["Refinement", "VGGMatting"]

_WIDTHS = (64, 128, 256, 512, 512)


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
        """Add a correction predicted from the image (the first three channels of x) and alpha."""
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
        pad: whether sides that are not divisible by 32 are padded by reflection and cropped back.

    Shape: input (B, 4, H, W) -> alpha (B, 1, H, W), not clipped to [0, 1]

    Raises:
        SpecError: if an option is unknown.
        ShapeError: if the sides are not divisible by 32 and ``pad`` is not set.

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
        self.encoder = VGGEncoder(4, [scaled(channels, width) for channels in _WIDTHS])
        channels = self.encoder.channels
        self.resampling = ResamplingStages(
            resampling, channels, expansion=expansion, normalization=normalization, init=init
        )
        refuse_strides(self.resampling)
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
        """Encode and decode; refine alpha where there is a second stage."""
        # The bottom is (B, 512, H/32, W/32).
        y = encode_and_decode(x, self.encoder.layers, self.resampling, self.decoder, self.bottom)
        alpha = self.prediction(y)
        return alpha if self.refinement is None else self.refinement(x, alpha)
