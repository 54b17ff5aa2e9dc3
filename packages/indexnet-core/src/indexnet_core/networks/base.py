"""An index network: a family's block, and the normalisation of Table 4."""

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from indexnet_core.errors import ShapeError
from indexnet_core.functional.indexed import Normalization, check_normalization
from indexnet_core.functional.padding import check_divisible
from indexnet_core.fused import can_fuse, pays, pool_by_logits, pool_slices
from indexnet_core.fused.graph import graph_pool
from indexnet_core.hooks import is_customized
from indexnet_core.initialization import Init, initialize
from indexnet_core.modes import exporting
from indexnet_core.networks.block import BlockOptions
from indexnet_core.networks.family import Family
from indexnet_core.networks.prediction import DecoderMap, IndexMaps, IndexPrediction

__all__ = ["IndexNetwork"]


class IndexNetwork(nn.Module):
    """Predicts from a feature map the indices that guide one down- and upsampling stage (Section 4).

    Args:
        family: builds and runs the block.
        channels: width C of the feature map.
        options: nonlinearity, context, hidden width and region size.
        normalization: how predictions become the two maps (Table 4).

    Attributes:
        block: the convolutions, which hold all weights of the network.
        channels: width C of the feature map; None if any width fits.

    Shape: x (B, C, H, W) -> `IndexPrediction`: encoder and decoder map, each (B, C, H, W) or (B, 1, H, W),
        values in (0, 1), computed on demand

    Raises:
        ShapeError: if x has another width, or sides that k does not divide.
        SpecError: if the normalization is unknown.
    """

    def __init__(
        self,
        family: Family,
        channels: int,
        options: BlockOptions,
        normalization: Normalization = "sigmoid+softmax",
    ) -> None:
        super().__init__()
        check_normalization(normalization)
        self.family = family
        self.channels = None if family.any_width else channels
        self.options = options
        self.normalization: Normalization = normalization
        self.block = family.build_block(channels, self.count, options)
        self.reset_parameters()

    @property
    def count(self) -> int:
        """Number of indices predicted per region: k²."""
        return self.options.k**2

    @property
    def holistic(self) -> bool:
        """Whether all channels share one map."""
        return self.family.holistic

    def forward(self, x: Tensor) -> IndexPrediction:
        """Predict the indices of every region; the maps have the precision of x."""
        self._check(x)
        columns = self.family.predict_columns(self.block, x, self.count) if exporting() else None
        logits = self.predict(x) if columns is None else torch.stack(columns, 1)
        return IndexPrediction(logits, self.normalization, self.options.k, x.dtype, columns=columns)

    def pool(self, x: Tensor, *, weighted: bool = False) -> tuple[Tensor, IndexMaps, Tensor | None]:
        """Predict the indices of every region and pool with the encoder's map.

        One-to-one networks do both in one pass over memory where they can (`fused.slices`).

        Args:
            x: feature map.
            weighted: whether to also return the index-weighted feature, for a skip connection.

        Shape: x (B, C, H, W) -> pooled (B, C, H/k, W/k), the maps, and weighted (B, C, H, W) or None
        """
        table = self._table(x)
        if table is not None:
            pooled, full, decoder = pool_slices(x, table, weighted=weighted)
            return pooled, DecoderMap(decoder), full
        prediction: IndexPrediction = self(x)
        k = self.options.k
        if exporting():
            pooled, full = graph_pool(x, prediction.positions, self.normalization, k, weighted=weighted)
        else:
            pooled, full = pool_by_logits(x, prediction.logits, self.normalization, k, weighted=weighted)
        return pooled, prediction, full

    def predict(self, x: Tensor) -> Tensor:
        """The unnormalised indices.

        Shape: (B, C, H, W) -> (B, count, C, H/k, W/k), or (B, count, 1, H/k, W/k) if holistic
        """
        return self.family.predict(self.block, x, self.count, self.options.k)

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates as the tables count them: each weight once per region."""
        weights = sum(layer.weight.numel() for layer in self.block if isinstance(layer, _ConvNd))
        return weights * (height // self.options.k) * (width // self.options.k)

    def reset_parameters(self, init: Init = "he") -> None:
        """Reinitialise all weights."""
        initialize(self, init)

    def extra_repr(self) -> str:
        """Family, width and normalisation, for printing."""
        return f"{self.family}, channels={self.channels}, normalization={self.normalization!r}"

    def _table(self, x: Tensor) -> Tensor | None:
        """The table for `pool_slices`, or None where the separate operations have to run."""
        usual = self.normalization == "sigmoid+softmax" and self.options.k == 2
        fits = self.family.slicewise and self.channels in (None, x.shape[1])
        # The last question may build the compiled kernels.
        if not (usual and fits) or is_customized(self) or not can_fuse(x):
            return None
        table = self.family.slice_table(self.block, x)
        return table if table is not None and pays(table) else None

    def _logits(self, x: Tensor) -> Tensor:
        """`predict`, after checking the width and the sides of x."""
        self._check(x)
        return self.predict(x)

    def _check(self, x: Tensor) -> None:
        _, channels, height, width = x.shape
        if self.channels is not None and channels != self.channels:
            raise ShapeError(f"this index network is for {self.channels} channels, got {channels}")
        check_divisible(height, width, self.options.k, "see pad_to_multiple")
