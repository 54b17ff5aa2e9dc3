"""What every index network has in common: a block that predicts, and the normalisation of Table 4."""

from torch import Tensor, nn

from indexnet_core.errors import ShapeError
from indexnet_core.functional import IndexMaps, Normalization, check_normalization, normalize_index
from indexnet_core.initialize import Init, initialize
from indexnet_core.networks.block import BlockOptions
from indexnet_core.padding import check_divisible

__all__ = ["IndexNetwork"]


class IndexNetwork(nn.Module):
    """Predicts from a feature map the indices that guide one down- and upsampling stage (Section 4).

    Subclasses build ``self.block`` and may override `predict`.

    Args:
        channels: width C of the feature map; None where any width fits.
        holistic: whether all channels share one map.
        options: nonlinearity, context, hidden width and region size.
        normalization: how predictions become the two maps (Table 4).

    Shape: x (B, C, H, W) -> encoder and decoder map, each (B, C, H, W) or (B, 1, H, W), values in (0, 1)

    Raises:
        ShapeError: if x has another width, or sides that k does not divide.
        SpecError: if the normalization is unknown.
    """

    block: nn.Sequential

    def __init__(
        self,
        channels: int | None,
        holistic: bool,
        options: BlockOptions,
        normalization: Normalization = "sigmoid+softmax",
    ) -> None:
        super().__init__()
        check_normalization(normalization)
        self.channels = channels
        self.holistic = holistic
        self.options = options
        self.normalization: Normalization = normalization

    def forward(self, x: Tensor) -> IndexMaps:
        """Predict and normalise, in the feature's own precision."""
        k = self.options.k
        _, channels, height, width = x.shape
        if self.channels is not None and channels != self.channels:
            raise ShapeError(f"this index network is for {self.channels} channels, got {channels}")
        check_divisible(height, width, k, "see pad_to_multiple")
        maps = normalize_index(self.predict(x), self.normalization, k)
        return IndexMaps(maps.encoder.to(x.dtype), maps.decoder.to(x.dtype))

    def predict(self, x: Tensor) -> Tensor:
        """The unnormalised indices: (B, C, H, W) -> (B, k²·C, H/k, W/k), or (B, k², H/k, W/k) if holistic."""
        return self.block(x)

    def reset_parameters(self, init: Init = "he") -> None:
        """Draw all weights anew."""
        initialize(self, init)

    def extra_repr(self) -> str:
        """Width and normalisation, for printing."""
        return f"channels={self.channels}, holistic={self.holistic}, normalization={self.normalization!r}"
