"""DeepLabv3+ on MobileNetV2 (Table 2, B1): the state of the art in segmentation, tried on matting."""

import torch
from torch import Tensor, nn

from indexnet_core import Init, initialize
from indexnet_engine.models.aspp import ASPP
from indexnet_engine.models.layers import conv_norm_relu6, scaled
from indexnet_engine.models.mobilenet import MobileNetEncoder, OutputStride
from indexnet_matting.models.base import MattingNetwork
from indexnet_matting.models.layers import resize_like

__all__ = ["DeepLabMatting"]


class DeepLabMatting(MattingNetwork):
    """MobileNetV2 with its strides, ASPP, one fusion with a low-level feature, bilinear upsampling.

    6,149,443 parameters and 11.545 GFLOPs at 4 × 225 × 225. Takes every size; at sides of 32n + 1 pixels the
    interpolation is aligned exactly.

    Args:
        width: multiplier of all channels.
        output_stride: 16, or 32 with strides to the end.
        init: ``he`` ("improved Xavier" [41]) or ``released``.
        pad: has no effect, since every size is accepted; the other networks have it.

    Shape: input (B, 4, H, W) -> alpha (B, 1, H, W), not clipped to [0, 1]

    >>> DeepLabMatting(width=0.1).eval()(torch.rand(1, 4, 65, 50)).shape
    torch.Size([1, 1, 65, 50])
    """

    encoder: MobileNetEncoder

    def __init__(
        self,
        *,
        width: float = 1.0,
        output_stride: OutputStride = 16,
        init: Init = "he",
        pad: bool = False,
    ) -> None:
        super().__init__(output_stride, pad=pad, any_size=True)
        self.encoder = MobileNetEncoder(4, width, conv_stride=2, output_stride=output_stride)
        low, high = self.encoder.channels[2], self.encoder.channels[7]
        hidden, narrow = scaled(256, width), scaled(48, width)
        dilations = (6, 12, 18) if output_stride == 16 else (2, 4, 8)
        self.context = ASPP(high, hidden, hidden, dilations)
        self.low = conv_norm_relu6(low, narrow, 1)
        self.decoder = nn.Sequential(
            conv_norm_relu6(hidden + narrow, hidden, 5), conv_norm_relu6(hidden, hidden, 5)
        )
        self.prediction = nn.Sequential(conv_norm_relu6(hidden, 1, 1), nn.Conv2d(1, 1, 1, bias=False))
        initialize(self, init)

    def estimate(self, x: Tensor) -> Tensor:
        """Refine at a quarter of the size, then interpolate."""
        y = x
        for layer, blocks in enumerate(self.encoder.layers):
            y = blocks(y)
            if layer == 2:
                low = self.low(y)  # (B, 48, H/4, W/4)
        y = torch.cat([resize_like(self.context(y), low), low], 1)
        return resize_like(self.prediction(self.decoder(y)), x)
