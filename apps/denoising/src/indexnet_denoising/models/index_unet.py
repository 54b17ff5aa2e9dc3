"""Index U-Net: a residual U-Net of our own, not of the paper, for networks that are shipped."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core import Guidance, Init, Normalization, ResamplingStages, SpecError, initialize
from indexnet_engine.models.dense_network import DenseNetwork
from indexnet_engine.models.reach import encoder_decoder_reach

__all__ = ["IndexUNet"]

FACTORS = (1, 2, 4, 8)
"""Widths of the levels, as multiples of the first."""


class IndexUNet(DenseNetwork):
    """A U-Net of residual 3×3 convolutions with any resampling operator; not a network of the paper.

    Four levels of resolution, each of twice the width of the one above it. An index network guides pooling
    and upsampling, and weights the feature that the skip connection adds to the decoder's. There is no batch
    norm, whose running statistics leave spots of noise, except inside nonlinear index networks (``…-nl``). No
    convolution has a bias: such denoisers work at noise levels that they were not trained with (Mohan et
    al., "Robust and interpretable blind image denoising via bias-free convolutional neural networks", ICLR
    2020). Residual blocks and skips that add are as in DRUNet (Zhang et al., TPAMI 2022).

    Args:
        channels: 1 for gray, 3 for colour.
        width: channels of the first level.
        resampling: the operator, see `indexnet_core.OPERATORS`; one that downsamples by itself (not
            ``stride+…``).
        blocks: number of residual blocks of each level, in the encoder and in the decoder, and of the lowest
            level.
        expansion: hidden width of index networks (2 in the paper, 1 in the released code).
        normalization: index normalisation, one of the four rows of Table 4.
        init: ``he`` ("improved Xavier" [41]) or ``released``, of half the variance where no ReLU follows, so
            that features keep their size. The second convolution of a block starts at zero, so that each
            block starts as the identity.
        zero_prediction: whether the last convolution starts at zero, so that training starts from the
            identity.
        pad: whether sides that are not divisible by 8 are padded by reflection and cropped back.

    Shape: noisy (B, channels, H, W), values about [0, 1] -> denoised image of that shape, not clipped

    Raises:
        ShapeError: if the sides are not divisible by 8 and ``pad`` is not set.
        SpecError: if the operator needs strided convolutions.

    >>> import torch
    >>> IndexUNet(width=4)(torch.rand(1, 1, 40, 24)).shape
    torch.Size([1, 1, 40, 24])
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 32,
        resampling: str = "hin",
        *,
        blocks: int = 1,
        expansion: int = 2,
        normalization: Normalization = "sigmoid+softmax",
        init: Init = "he",
        zero_prediction: bool = False,
        pad: bool = False,
    ) -> None:
        # Each level has the blocks of encoder and decoder, and two convolutions that change the width.
        levels = [2 + 4 * blocks] * (len(FACTORS) - 1) + [2 + 2 * blocks]
        super().__init__(2 ** (len(FACTORS) - 1), pad=pad, reach=encoder_decoder_reach(levels, resampling))
        *widths, lowest = (factor * width for factor in FACTORS)
        below = [*widths[1:], lowest]
        self.resampling = ResamplingStages(
            resampling, widths, expansion=expansion, normalization=normalization, init=init
        )
        if self.resampling.conv_stride > 1:
            raise SpecError(f"index-unet has no strided convolutions for {resampling}; choose max+…")
        self.head = _convolution(channels, width)
        self.encoder = nn.ModuleList(_blocks(wide, blocks) for wide in widths)
        self.wider = nn.ModuleList(_convolution(wide, out) for wide, out in zip(widths, below, strict=True))
        self.bottom = _blocks(lowest, blocks)
        self.narrower = nn.ModuleList(
            _convolution(out, wide) for wide, out in zip(widths, below, strict=True)
        )
        self.decoder = nn.ModuleList(_blocks(wide, blocks) for wide in widths)
        self.prediction = _convolution(width, channels)
        self._initialize(init, zero_prediction=zero_prediction)

    @torch.no_grad()
    def _initialize(self, init: Init, *, zero_prediction: bool) -> None:
        for part in self.children():
            if part is not self.resampling:
                initialize(part, init)
        # Both schemes make up for the half of the variance that ReLU removes; these have none after them.
        for linear in (self.head, self.wider, self.narrower, self.prediction):
            for weight in linear.parameters():
                weight.mul_(0.5**0.5)
        for block in self.modules():
            if isinstance(block, ResidualBlock):
                nn.init.zeros_(block.second.weight)
        if zero_prediction:
            nn.init.zeros_(self.prediction.weight)

    def estimate(self, x: Tensor) -> Tensor:
        """Subtract the predicted noise."""
        return x - self._noise(x)

    def _noise(self, x: Tensor) -> Tensor:
        x = self.head(x)
        guidances: list[Guidance] = []
        for stage, (encode, wider) in enumerate(zip(self.encoder, self.wider, strict=True)):
            # (B, C, H/2^s, W/2^s) -> (B, 2C, H/2^(s+1), W/2^(s+1))
            x = encode(x)
            pooled, guidance = self.resampling[stage].down(x, skip=True)
            guidances.append(guidance)
            x = wider(pooled)
        x = self.bottom(x)
        for stage in reversed(range(len(self.decoder))):
            guidance = guidances.pop()
            x = self.resampling[stage].up(self.narrower[stage](x), guidance)
            x = x + guidance.skip  # type: ignore[operator]  # requested above
            del guidance  # its maps would stay in memory while the decoder runs
            x = self.decoder[stage](x)
        prediction: Tensor = self.prediction(x)
        return prediction


class ResidualBlock(nn.Module):
    """Two convolutions with ReLU between them, added to their input. (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _convolution(channels, channels)
        self.second = _convolution(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Add the two convolutions of x to x."""
        correction: Tensor = self.second(F.relu(self.first(x), inplace=True))
        correction += x  # a convolution's output is not needed for its gradient
        return correction


def _convolution(channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(channels, out_channels, 3, padding=1, bias=False)


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))
