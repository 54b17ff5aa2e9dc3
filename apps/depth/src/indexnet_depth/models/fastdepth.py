"""FastDepth with the NNConv5 decoder (Fig. 13, Section 5.4), with any coupled resampling."""

from collections import OrderedDict
from itertools import pairwise

from torch import Tensor, nn

from indexnet_core import (
    ChannelRule,
    Guidance,
    Init,
    Normalization,
    ResamplingStages,
    initialize,
    parse_operator,
)
from indexnet_depth.models.mobilenet import DOWN, MobileNetEncoder
from indexnet_engine.models.dense_network import DenseNetwork
from indexnet_engine.models.layers import conv_norm_act

__all__ = ["CHANNEL_RULE", "SKIPS", "FastDepth"]

CHANNEL_RULE: ChannelRule = "max"
"""How a depthwise index map guides the decoder, which has half as many channels at that stage.

Our choice, since the paper does not specify it: the best of four candidates on real frames, see README.md."""

SKIPS = (1, 3, 5)
"""The encoder's units whose features FastDepth's own skip connections add, from 1/2 to 1/8 of the size."""


class FastDepth(DenseNetwork):
    """One class for FastDepth-NNConv5, its P variant and all 15 index networks of Table 7.

    MobileNet-v1 downsamples five times; the decoder's five blocks (depthwise 5×5, 1×1) halve the width and
    are each followed by upsampling, and a 1×1 convolution gives the depth. With ``stride+nearest`` (FastDepth
    itself) 3,960,930 parameters and 0.686 GFLOPs at 3 × 224 × 224, with ``max+nearest`` (P) 1.013.

    All rows of Table 7 are reproduced except four: ``o2o-modelwise`` and ``o2o-shared``, linear and
    nonlinear, compute to 1.013, where 1.02 is printed; their index networks have 16 to 280 weights.

    The stages' index maps have 1024, 512, 256, 128 and 32 channels, the decoder's features that are upsampled
    512, 256, 128, 64 and 32. How a depthwise map guides half as many channels is not in the paper; the
    candidates of `indexnet_core.ChannelRule` add no parameters; README.md compares them.

    Args:
        resampling: the operator, see `indexnet_core.OPERATORS`; ``max`` and others that need the stage's own
            width are refused.
        channel_rule: how a depthwise index map guides a decoder feature of half its width.
        skips: whether features of the encoder are added to the decoder's at 1/8, 1/4 and 1/2 of the size
            (FastDepth's own improvement).
        width: multiplier of all channels, rounded down to a multiple of 1/32.
        expansion: hidden width of index networks (2 in the paper).
        normalization: index normalisation, one of the four rows of Table 4.
        init: ``he`` ("improved Xavier" [41]) or ``released``.
        pad: whether sides that are not divisible by 32 are padded by reflection and cropped back.

    Attributes:
        encoder: the part that takes ImageNet weights.
        stride: divisor of the sides.
        config: name and arguments from which `create_model` builds the network again.

    Shape: RGB in [0, 1] (B, 3, H, W) -> depth in metres (B, 1, H, W), never negative

    Raises:
        SpecError: if an option is unknown.
        ShapeError: if the sides are not divisible by 32 and ``pad`` is not set, or the operator cannot guide
            the decoder.

    >>> import torch
    >>> FastDepth("o2o-unshared", width=0.1).eval()(torch.rand(1, 3, 64, 96)).shape
    torch.Size([1, 1, 64, 96])
    """

    def __init__(
        self,
        resampling: str = "max+nearest",
        *,
        channel_rule: ChannelRule = CHANNEL_RULE,
        skips: bool = False,
        width: float = 1.0,
        expansion: int = 2,
        normalization: Normalization = "sigmoid+softmax",
        init: Init = "he",
        pad: bool = False,
    ) -> None:
        super().__init__(2 ** len(DOWN), pad=pad)
        takes_rule = parse_operator(resampling).takes_channel_rule
        self.channel_rule: ChannelRule | None = channel_rule if takes_rule else None
        self.skips = SKIPS if skips else ()
        stages = MobileNetEncoder.stage_channels(width)
        # From the full size down: the first stage keeps its width, the others are halved (32, 64, …, 512).
        up_channels = [stages[0], *(channels // 2 for channels in stages[1:])]
        self.resampling = ResamplingStages(
            resampling,
            stages,
            up_channels,
            expansion=expansion,
            normalization=normalization,
            init=init,
            channel_rule=channel_rule,
        )
        self.encoder = MobileNetEncoder(width, conv_stride=self.resampling.conv_stride)
        widths = [self.encoder.channels[-1], *reversed(up_channels)]
        self.decoder = nn.ModuleList(
            nn.Sequential(
                OrderedDict(
                    depthwise=conv_norm_act(wide, wide, 5, groups=wide),
                    pointwise=conv_norm_act(wide, out, 1),
                )
            )
            for wide, out in pairwise(widths)
        )
        self.prediction = conv_norm_act(widths[-1], 1, 1)
        for part in (self.encoder, self.decoder, self.prediction):
            initialize(part, init)

    def estimate(self, x: Tensor) -> Tensor:
        """Predict the depth of an input whose sides are divisible."""
        guidances: list[Guidance] = []
        features: list[Tensor] = []
        for unit, layers in enumerate(self.encoder.units):
            x = layers(x)
            if unit in DOWN:
                x, guidance = self.resampling[len(guidances)].down(x)
                guidances.append(guidance)
            if unit in self.skips:
                features.append(x)
        for stage, block in zip(reversed(range(len(guidances))), self.decoder, strict=True):
            x = self.resampling[stage].up(block(x), guidances[stage])
            # Stage 1 ends at half the size, stage 3 at an eighth.
            if features and 1 <= stage <= len(self.skips):
                x = x + features.pop()
        return self.prediction(x)
