"""`Resampling`: a downsampling step and the upsampling step that reverses it, as one module."""

from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor, nn

from indexnet_core.errors import ShapeError
from indexnet_core.functional.padding import check_divisible, crop_to, pad_to_multiple
from indexnet_core.networks.prediction import IndexMaps

__all__ = ["Guidance", "Resampling"]


@dataclass(frozen=True)
class Guidance:
    """The result of `Resampling.down` that guides `Resampling.up`.

    Attributes:
        size: height and width before downsampling.
        index: the maps of an index network; for another coupled operator a tensor for its own
            upsampling (the argmax of max pooling, for example); None where upsampling needs only the size.
        skip: the feature for a skip connection of this stage, if requested: index-weighted for index
            networks, the unchanged feature otherwise.
    """

    size: tuple[int, int]
    index: Tensor | IndexMaps | None = None
    skip: Tensor | None = None


class Resampling(nn.Module):
    """A stage: downsampling by k, and upsampling guided by it (Section 3).

    Subclasses implement `_down` and `_up` for sides that k divides; sizes and padding are handled here.

    Args:
        channels: width C of the feature that is downsampled; None where any width fits.
        up_channels: width C' of the feature that is upsampled, ``channels`` if not given.
        k: the factor, at least 2 (2 in the paper).
        pad: whether sides that k does not divide are padded and cropped back; an error otherwise.

    Raises:
        ShapeError: if the operator cannot guide ``up_channels``, naming both widths.
    """

    conv_stride: int = 1
    """The stride of the network's own convolution before this stage (k for ``stride+…``)."""

    def __init__(
        self, channels: int | None, up_channels: int | None = None, *, k: int = 2, pad: bool = False
    ) -> None:
        super().__init__()
        if k < 2:
            raise ShapeError(f"a resampling factor must be at least 2, got {k}")
        self.channels = channels
        self.up_channels = channels if up_channels is None else up_channels
        self.k = k
        self.pad = pad

    def down(self, x: Tensor, *, skip: bool = False) -> tuple[Tensor, Guidance]:
        """Downsample.

        Args:
            x: the encoder's feature.
            skip: whether the guidance keeps the feature for a skip connection.

        Shape: x (B, C, H, W) -> (B, C, H/k, W/k)

        Raises:
            ShapeError: if x has no four dimensions, or k does not divide the sides and ``pad`` is not set.
        """
        check_map(x)
        size = (x.shape[-2], x.shape[-1])
        if self.pad:
            x = self._extend(x)
        else:
            check_divisible(*size, self.k)
        pooled, index, feature = self._down(x, skip)
        kept = crop_to(feature, size) if feature is not None else None
        return pooled, Guidance(size, index, kept)

    def up(self, y: Tensor, guidance: Guidance) -> Tensor:
        """Upsample, guided by `down`.

        Shape: y (B, C', h, w) -> (B, C', H, W), the size in the guidance

        Raises:
            ShapeError: if y does not fit the size, or the operator.
        """
        check_map(y)
        wanted = tuple(-(-side // self.k) for side in guidance.size)
        if tuple(y.shape[-2:]) != wanted:
            raise ShapeError(
                f"a feature map of shape {tuple(y.shape)} does not fit a stage that downsampled "
                f"{tuple(guidance.size)} by {self.k}: expected (B, C, {', '.join(map(str, wanted))})"
            )
        return crop_to(self._up(y, guidance), guidance.size)

    def _extend(self, x: Tensor) -> Tensor:
        """Pad to sides that k divides, by reflection."""
        return pad_to_multiple(x, self.k)

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, Tensor | IndexMaps | None, Tensor | None]:
        """Pooled feature, index or None, and the feature for a skip connection (None unless requested)."""
        raise NotImplementedError

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        raise NotImplementedError

    def extra_repr(self) -> str:
        """Widths and options, for printing."""
        return f"channels={self.channels}, up_channels={self.up_channels}, k={self.k}, pad={self.pad}"

    def _require_same_width(self, what: str, *ways_out: str) -> None:
        if self.channels is not None and self.up_channels != self.channels:
            others = "".join(f", {way}" for way in ways_out)
            raise ShapeError(
                f"{what} of {self.channels} channels cannot guide a decoder feature of {self.up_channels} "
                f"channels; use a holistic index network (hin) or an interpolation{others}, or equal widths"
            )


Kind = TypeVar("Kind", bound=Tensor | IndexMaps)


def required_index(guidance: Guidance, kind: type[Kind]) -> Kind:
    """The index of a guidance, checked to be of the operator's own type.

    Raises:
        ShapeError: if it has no such index.
    """
    if not isinstance(guidance.index, kind):
        raise foreign_guidance()
    return guidance.index


def check_map(x: Tensor) -> None:
    """Check that a feature map has four dimensions.

    Raises:
        ShapeError: if it has not.
    """
    if x.ndim != 4:
        raise ShapeError(f"a feature map must have four dimensions (B, C, H, W), got {tuple(x.shape)}")


def foreign_guidance() -> ShapeError:
    """The error for the guidance of another operator."""
    return ShapeError("this guidance holds no index: it comes from another operator")
