"""The matting network on MobileNetV2 (Fig. 8): SegNet or U-Net, with any coupled resampling."""

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from indexnet_core import (
    Guidance,
    Init,
    Normalization,
    ResamplingStages,
    SpecError,
    in_strips,
    initialize,
    rows_of_strips,
)
from indexnet_engine.models.aspp import ASPP
from indexnet_engine.models.layers import conv_norm_relu6, scaled
from indexnet_engine.models.mobilenet import CHANNELS, DOWN, MobileNetEncoder, OutputStride
from indexnet_matting.models.base import MattingNetwork

__all__ = ["Context", "Fusion", "MobileNetMatting"]

Fusion = Literal["none", "skip", "concat"]
Context = Literal["none", "aspp"]


class MobileNetMatting(MattingNetwork):
    """One class for B5 to B11 of Table 2, HMI and all 15 index networks of Table 3.

    With max pooling, concatenation and ASPP (B11) 3,753,259 parameters and 4.0808 GFLOPs at 4 × 224 × 224.
    The paper gives the decoder's widths for concatenation. Those for the other fusions are not known; here
    each layer's output is as wide as with concatenation, which a skip sum fits.

    For width 1.4 (B11-1.4) Table 3 prints 8.86M and 7.61; all channels times 1.4, rounded down, give 7.25M
    and 7.67. No combination of these readings gives both: channels rounded to the nearest, up, or to
    multiples of 4 or 8; the first or last layer, the context or the decoder's free widths not multiplied;
    MobileNetV2's last convolution (to 1792 or 1280 channels) kept; plain instead of separable convolutions
    in the context, or no context; a 3×3 decoder; padding after the expansion.

    Args:
        resampling: the operator, see `indexnet_core.OPERATORS`.
        fusion: how a decoder layer takes the encoder's feature of its stage: not at all, added, or
            concatenated. With index networks that feature is the index-weighted one.
        context: ``aspp``, or a 1×1 convolution in its place.
        width: multiplier of all channels (1.4 in B11-1.4), rounded down.
        output_stride: 32, or 16 with a dilated end of the encoder.
        expansion: hidden width of index networks (2 in the paper, 1 in the released one-to-one and
            many-to-one networks).
        normalization: index normalisation, one of the four rows of Table 4.
        init: ``he`` ("improved Xavier" [41]) or ``released``.
        pad: whether sides that are not divisible by the output stride are padded by reflection and cropped
            back.

    Shape: input (B, 4, H, W) -> alpha (B, 1, H, W), not clipped to [0, 1]

    Raises:
        SpecError: if an option is unknown.
        ShapeError: if the sides are not divisible by the output stride and ``pad`` is not set.

    >>> MobileNetMatting("m2o-nl-c", width=0.25).eval()(torch.rand(1, 4, 64, 96)).shape
    torch.Size([1, 1, 64, 96])
    """

    encoder: MobileNetEncoder

    def __init__(
        self,
        resampling: str = "max",
        fusion: Fusion = "concat",
        context: Context = "aspp",
        *,
        width: float = 1.0,
        output_stride: OutputStride = 32,
        expansion: int = 2,
        normalization: Normalization = "sigmoid+softmax",
        init: Init = "he",
        pad: bool = False,
    ) -> None:
        super().__init__(output_stride, pad=pad)
        _check("fusion", fusion, get_args(Fusion))
        _check("context", context, get_args(Context))
        self.fusion = fusion
        stages = [scaled(CHANNELS[layer], width) for layer in DOWN]
        self.resampling = ResamplingStages(
            resampling,
            stages if output_stride == 32 else stages[:-1],
            expansion=expansion,
            normalization=normalization,
            init=init,
        )
        conv_stride = self.resampling.conv_stride
        if conv_stride > 1 and fusion != "none":
            raise SpecError(f"{resampling} leaves no feature to fuse; choose fusion='none', or max+…")
        self.encoder = MobileNetEncoder(4, width, conv_stride=conv_stride, output_stride=output_stride)
        channels = self.encoder.channels
        last, bottom = channels[7], channels[6]
        self.context: nn.Module
        if context == "aspp":
            dilations = (2, 4, 8) if output_stride == 32 else (6, 12, 18)
            self.context = ASPP(last, scaled(256, width), bottom, dilations)
        else:
            self.context = conv_norm_relu6(last, bottom, 1)
        fused = 2 if fusion == "concat" else 1
        outputs = [channels[0], *channels[:6]]
        self.decoder = nn.ModuleList(
            conv_norm_relu6(fused * wide, out, 5) for wide, out in zip(channels[:7], outputs, strict=True)
        )
        self.prediction = nn.Sequential(
            conv_norm_relu6(channels[0], 1, 5), nn.Conv2d(1, 1, 5, padding=2, bias=False)
        )
        for part in (self.encoder, self.context, self.decoder, self.prediction):
            initialize(part, init)

    def estimate(self, x: Tensor) -> Tensor:
        """Encode, add context, and decode layer by layer in the opposite order."""
        guidances: list[Guidance] = []
        features: list[Tensor | None] = []
        fused = self.fusion != "none"
        for layer, blocks in enumerate(self.encoder.layers):
            x = blocks(x)
            feature = x if fused else None
            if layer in self.encoder.down:
                x, guidance = self.resampling[len(guidances)].down(x, skip=fused)
                feature = guidance.skip
                guidances.append(guidance)
            features.append(feature)
        features.pop()  # layer 7 feeds the context module only
        y = self.context(x)  # (B, 160, H/32, W/32)
        for layer in reversed(range(len(self.decoder))):
            if layer in self.encoder.down:
                y = self.resampling[len(guidances) - 1].up(y, guidances.pop())
            y = self._decode(layer, y, features.pop())
        rows = rows_of_strips(*y.shape[1:])
        # Two 5 × 5 convolutions see four rows beyond a strip.
        return in_strips(lambda top, end: self.prediction(y[:, :, top:end]), y.shape[2], rows=rows, halo=4)

    def _decode(self, layer: int, y: Tensor, feature: Tensor | None) -> Tensor:
        """Fuse and convolve; large images in strips, so that their fused map never exists in full."""

        def run(top: int, bottom: int) -> Tensor:
            other = None if feature is None else feature[:, :, top:bottom]
            return self.decoder[layer](self._fuse(y[:, :, top:bottom], other))

        rows = rows_of_strips(2 * y.shape[1], *y.shape[2:])
        return in_strips(run, y.shape[2], rows=rows, halo=2)

    def _fuse(self, y: Tensor, feature: Tensor | None) -> Tensor:
        if feature is None:
            return y
        return y + feature if self.fusion == "skip" else torch.cat([y, feature], 1)


def _check(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SpecError(f"{name} must be one of {choices}, got {value!r}")
