"""A downsampling layer with an upsampling layer that needs only the size from it."""

from torch import Tensor, nn

from indexnet_core.errors import ShapeError
from indexnet_core.registry import look_up
from indexnet_core.resampling.base import Guidance, Resampling, check_map
from indexnet_core.resampling.downs import DOWNS, Down
from indexnet_core.resampling.ups import UPS, Up

__all__ = ["PairResampling"]


class PairResampling(Resampling):
    """A layer of `DOWNS` and a layer of `UPS`; both keep the width of their input.

    ``stride`` means the network's own strided convolution (FastDepth): `conv_stride` is k, the convolution
    before this stage must have it, and `down` returns its result unchanged; the network must pad odd sizes.

    Args:
        channels, up_channels, k, pad: as in `Resampling`.
        down: a word of `DOWNS`.
        up: a word of `UPS`.

    Raises:
        SpecError: if a word is unknown.
        ShapeError: if a learned layer's width is not given, or ``pad`` is set for ``stride``.
    """

    def __init__(
        self,
        channels: int | None,
        up_channels: int | None = None,
        *,
        down: str,
        up: str,
        k: int = 2,
        pad: bool = False,
    ) -> None:
        super().__init__(channels, up_channels, k=k, pad=pad)
        self.operator = f"{down}+{up}"
        downsampling = look_up(DOWNS, down, "downsampling")
        self.strided = downsampling.strided
        if pad and self.strided:
            raise ShapeError(
                f"{self.operator} cannot pad: the network's own strided convolution comes first; "
                "pad its input"
            )
        self.conv_stride = k if self.strided else 1
        self.pool = self._build(downsampling, self.channels)
        upsampling = look_up(UPS, up, "upsampling")
        self.learned_up = upsampling.learned
        self.layer = self._build(upsampling, self.up_channels)

    def down(self, x: Tensor, *, skip: bool = False) -> tuple[Tensor, Guidance]:
        """Downsample; a strided convolution has done so already, so x is returned."""
        if not self.strided:
            return super().down(x, skip=skip)
        check_map(x)
        if skip:
            raise ShapeError("a strided convolution leaves no full-size feature for a skip; use max+…")
        return self.pool(x), Guidance((x.shape[-2] * self.k, x.shape[-1] * self.k))

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, None, Tensor | None]:
        return self.pool(x), None, x if skip else None

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        if self.learned_up and y.shape[1] != self.up_channels:
            raise ShapeError(f"{self.operator} upsamples {self.up_channels} channels, got {y.shape[1]}")
        return self.layer(y)

    def _build(self, way: Down | Up, channels: int | None) -> nn.Module:
        if channels is None and way.learned:
            raise ShapeError(f"{self.operator} has weights and needs to know its width")
        return way.build(channels or 0, self.k)

    def extra_repr(self) -> str:
        """Operator, widths and options, for printing."""
        return f"{self.operator}, {super().extra_repr()}"
