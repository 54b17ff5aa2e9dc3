"""What every index network has in common: a block that predicts, and the normalisation of Table 4."""

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from indexnet_core.errors import ShapeError
from indexnet_core.functional.indexed import Normalization, check_normalization
from indexnet_core.functional.padding import check_divisible
from indexnet_core.fused.strips import in_strips, rows_of_strips
from indexnet_core.initialization import Init, initialize
from indexnet_core.networks.block import BlockOptions
from indexnet_core.networks.fast_forward import run_block
from indexnet_core.networks.prediction import Indices

__all__ = ["IndexNetwork"]


class IndexNetwork(nn.Module):
    """Predicts from a feature map the indices that guide one down- and upsampling stage (Section 4).

    Subclasses build ``self.block`` and may override `predict`.

    Args:
        channels: width C of the feature map; None where any width fits.
        holistic: whether all channels share one map.
        options: nonlinearity, context, hidden width and region size.
        normalization: how predictions become the two maps (Table 4).

    Shape: x (B, C, H, W) -> `Indices`: encoder and decoder map, each (B, C, H, W) or (B, 1, H, W), values in
        (0, 1), made when they are asked for

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

    def forward(self, x: Tensor) -> Indices:
        """Predict, for maps in the feature's own precision."""
        _, channels, height, width = x.shape
        if self.channels is not None and channels != self.channels:
            raise ShapeError(f"this index network is for {self.channels} channels, got {channels}")
        check_divisible(height, width, self.options.k, "see pad_to_multiple")
        return Indices(self.predict(x), self.normalization, self.options.k, x.dtype)

    def predict(self, x: Tensor) -> Tensor:
        """The unnormalised indices, position by position as the block gives them.

        Shape: (B, C, H, W) -> (B, k², C, H/k, W/k), or (B, k², 1, H/k, W/k) if holistic
        """
        k, (height, width) = self.options.k, x.shape[2:]
        # The block's first map is k times as small as x along both sides.
        hidden = next(self.block.parameters()).shape[0] / k**2
        rows = rows_of_strips(hidden, height, width, k)
        z = in_strips(
            lambda top, bottom: run_block(self.block, x[:, :, top:bottom]), height, rows=rows, halo=k, scale=k
        )
        return z.unflatten(1, (k**2, -1))

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates as the tables count them: every weight once for every region."""
        weights = sum(layer.weight.numel() for layer in self.block if isinstance(layer, _ConvNd))
        return weights * (height // self.options.k) * (width // self.options.k)

    def reset_parameters(self, init: Init = "he") -> None:
        """Draw all weights anew."""
        initialize(self, init)

    def extra_repr(self) -> str:
        """Width and normalisation, for printing."""
        return f"channels={self.channels}, holistic={self.holistic}, normalization={self.normalization!r}"
