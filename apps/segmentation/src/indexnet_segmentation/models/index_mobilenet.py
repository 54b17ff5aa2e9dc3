"""Index-MobileNet: MobileNetV2 with index networks and a light decoder; our own, not of the paper."""

from torch import Tensor, nn

from indexnet_core import Guidance, Init, Normalization, ResamplingStages, SpecError, initialize
from indexnet_engine.models.aspp import ASPP
from indexnet_engine.models.layers import check_whole, conv_norm, conv_norm_act, scaled
from indexnet_engine.models.mobilenet import CHANNELS, MobileNetEncoder
from indexnet_segmentation.models.base import SegmentationNetwork

__all__ = ["IndexMobileNet"]

DOWN = (0, 1, 2, 3, 5)
"""The layers after which the feature map is halved: before those that have stride 2 in MobileNetV2."""

HIDDEN = (32, 48, 64, 96, 128)
"""Widths of the decoder's 3×3 convolutions at each stage, from full resolution down."""


class IndexMobileNet(SegmentationNetwork):
    """MobileNetV2 encoder, ASPP, and a decoder that adds index-weighted features; not a network of the paper.

    The encoder is MobileNetV2 without strides. An index network pools the feature before each layer that has
    a stride in MobileNetV2, so that every layer runs at the resolution of its ImageNet weights; the matting
    network (Fig. 8) pools after these layers, which takes the encoder twice as many operations. Context comes
    from ASPP at 1/32 of the resolution. At each stage of the decoder the index network guides upsampling and
    weights the encoder's feature, which is added; a 3×3 convolution follows, and a linear 1×1 one changes to
    the width of the next stage. With ``hin-nl`` and 11 classes 2,635,131 parameters and 3.505 GFLOPs at
    3 × 352 × 480.

    Args:
        resampling: the operator, see `indexnet_core.OPERATORS`; one that downsamples by itself (not
            ``stride+…``).
        classes: number of classes.
        width: channels of the first stage; 32 in MobileNetV2. All others are scaled with it, rounded down.
        expansion: hidden width of index networks (2 in the paper, 1 in the released code).
        normalization: index normalisation, one of the four rows of Table 4.
        init: ``he`` ("improved Xavier" [41]) or ``released``.
        pad: whether sides that are not divisible by 32 are padded by reflection and cropped back.

    Attributes:
        encoder: the part that ImageNet weights are loaded into.
        config: name and arguments from which `create_model` builds the network again.

    Shape: image (B, 3, H, W), with ImageNet's mean and deviation -> scores (B, classes, H, W), no softmax

    Raises:
        SpecError: if an option is unknown or out of range.
        ShapeError: if the sides are not divisible by 32 and ``pad`` is not set.

    >>> import torch
    >>> IndexMobileNet(classes=11, width=4).eval()(torch.rand(1, 3, 32, 64)).shape
    torch.Size([1, 11, 32, 64])
    """

    encoder: MobileNetEncoder

    def __init__(
        self,
        resampling: str = "hin-nl",
        *,
        classes: int = 37,
        width: int = CHANNELS[0],
        expansion: int = 2,
        normalization: Normalization = "sigmoid+softmax",
        init: Init = "he",
        pad: bool = False,
    ) -> None:
        super().__init__(32, pad=pad)
        check_whole("classes", classes, least=2)
        check_whole("width", width)
        multiplier = width / CHANNELS[0]
        stages = [scaled(CHANNELS[layer], multiplier) for layer in DOWN]
        hidden = [scaled(wide, multiplier) for wide in HIDDEN]
        self.resampling = ResamplingStages(
            resampling, stages, expansion=expansion, normalization=normalization, init=init
        )
        if self.resampling.conv_stride > 1:
            raise SpecError(f"index-mobilenet adds the features that {resampling} skips; choose max+…")
        self.encoder = MobileNetEncoder(3, multiplier)
        last = self.encoder.channels[-1]
        self.context = ASPP(last, scaled(256, multiplier), stages[-1])
        self.decoder = nn.ModuleList(
            conv_norm_act(wide, out, 3) for wide, out in zip(stages, hidden, strict=True)
        )
        # Linear, as the projections of MobileNetV2 are.
        self.narrower = nn.ModuleList(
            conv_norm(wide, out, 1) for wide, out in zip(hidden[1:], stages[:-1], strict=True)
        )
        self.prediction = nn.Conv2d(hidden[0], classes, 1)
        for part in (self.encoder, self.context, self.decoder, self.narrower, self.prediction):
            initialize(part, init)

    def estimate(self, x: Tensor) -> Tensor:
        """Score every class at every pixel."""
        guidances: list[Guidance] = []
        for layer, blocks in enumerate(self.encoder.layers):
            x = blocks(x)
            if layer in DOWN:
                # (B, C, H/2^s, W/2^s) -> (B, C, H/2^(s+1), W/2^(s+1))
                x, guidance = self.resampling[len(guidances)].down(x, skip=True)
                guidances.append(guidance)
        x = self.context(x)  # (B, 96, H/32, W/32)
        for stage in reversed(range(len(self.decoder))):
            guidance = guidances.pop()
            upsampled = self.resampling[stage].up(x, guidance)
            x = self.decoder[stage](upsampled + guidance.skip)  # type: ignore[operator]  # requested above
            if stage > 0:
                x = self.narrower[stage - 1](x)
        scores: Tensor = self.prediction(x)
        return scores
