"""Downsampling that leaves only its size, with interpolation or a learned layer to come up again."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core.errors import ShapeError
from indexnet_core.initialization import initialize
from indexnet_core.resampling.base import Guidance, Resampling
from indexnet_core.resampling.carafe import Carafe
from indexnet_core.resampling.dysample import DySample

__all__ = ["PairResampling"]


class PairResampling(Resampling):
    """``max``, ``avg`` or ``stride`` down; an interpolation or a learned layer of its own up.

    ``stride`` means the network's own strided convolution (FastDepth): `conv_stride` is k, the convolution
    before this stage has to take it, and `down` passes its result through; odd sizes are the network's to
    pad. ``deconv`` is a transposed convolution with a 2k × 2k kernel, ``shuffle`` a 1×1 convolution to k²·C'
    channels and pixel shuffle, both initialised by He; ``carafe`` is `Carafe` and ``dysample`` is `DySample`.
    All of them read and keep the width of the feature that is upsampled.
    """

    def __init__(
        self,
        channels: int | None,
        up_channels: int | None = None,
        *,
        down: Literal["max", "avg", "stride"],
        up: Literal["nearest", "bilinear", "deconv", "shuffle", "carafe", "dysample"],
        k: int = 2,
        pad: bool = False,
    ) -> None:
        super().__init__(channels, up_channels, k=k, pad=pad)
        if pad and down == "stride":
            raise ShapeError(
                f"{down}+{up} cannot pad: the network's own strided convolution comes first; pad its input"
            )
        self.how_down = down
        self.how_up = up
        self.conv_stride = k if down == "stride" else 1
        self.layer = None if up in ("nearest", "bilinear") else self._learned_layer()

    def down(self, x: Tensor, *, skip: bool = False) -> tuple[Tensor, Guidance]:
        """As in the interface; a strided convolution has gone down already, so x passes through."""
        if self.how_down != "stride":
            return super().down(x, skip=skip)
        if skip:
            raise ShapeError("a strided convolution leaves no full-size feature for a skip; use max+…")
        return x, Guidance((x.shape[-2] * self.k, x.shape[-1] * self.k))

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, None, Tensor | None]:
        pool = F.max_pool2d if self.how_down == "max" else F.avg_pool2d
        return pool(x, self.k), None, x if skip else None

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        if self.layer is not None:
            return self.layer(y)
        if self.how_up == "bilinear":
            return F.interpolate(y, scale_factor=float(self.k), mode="bilinear", align_corners=False)
        return F.interpolate(y, scale_factor=float(self.k), mode="nearest")

    def _learned_layer(self) -> nn.Module:
        width, k = self.up_channels, self.k
        if width is None:
            raise ShapeError(f"{self.how_down}+{self.how_up} has weights and needs to know its width")
        if self.how_up == "carafe":
            return Carafe(width, k)
        if self.how_up == "dysample":
            return DySample(width, k)
        layer: nn.Module
        if self.how_up == "deconv":
            layer = nn.ConvTranspose2d(
                width, width, 2 * k, k, padding=(k + 1) // 2, output_padding=k % 2, bias=False
            )
        else:
            layer = nn.Sequential(nn.Conv2d(width, k * k * width, 1, bias=False), nn.PixelShuffle(k))
        initialize(layer)
        return layer

    def extra_repr(self) -> str:
        """Operator, widths and options, for printing."""
        return f"{self.how_down}+{self.how_up}, {super().extra_repr()}"
