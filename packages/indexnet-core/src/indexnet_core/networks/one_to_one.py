"""One-to-one depthwise index networks (O2O DINs, Section 4.3.1): an index slice from its feature slice."""

from torch import Tensor

from indexnet_core.functional import Normalization
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.networks.block import BlockOptions, index_block

__all__ = ["SharedIndexNetwork", "UnsharedIndexNetwork"]


class SharedIndexNetwork(IndexNetwork):
    """One index function for every slice, so that it fits any width.

    Used in one stage it is the shared stagewise O2O DIN, used in all stages the modelwise one. It holds
    k²·4, (k²·2 + 2)·4 or (4k²·2 + 2)·4 weights (Table 1) whatever the width; 16, 56 and 152 parameters
    for k = 2, batch norm included.
    """

    def __init__(self, options: BlockOptions, normalization: Normalization = "sigmoid+softmax") -> None:
        super().__init__(None, False, options, normalization)
        positions = options.k**2
        self.block = index_block(
            1, positions * options.expansion, positions, options, columns=positions, project_groups=positions
        )
        self.reset_parameters()

    def predict(self, x: Tensor) -> Tensor:
        """Each slice is an image to the block: (B, C, H, W) -> (B·C, 1, H, W) -> (B, k²·C, h, w)."""
        batch, channels, height, width = x.shape
        slices = self.block(x.reshape(batch * channels, 1, height, width))
        k = self.options.k
        return slices.reshape(batch, k * k * channels, height // k, width // k)


class UnsharedIndexNetwork(IndexNetwork):
    """An index function for each slice: the unshared stagewise O2O DIN.

    Parameters (Table 1, whose 2C×C is 2C since the second convolution is grouped): linear k²·C·4,
    nonlinear (k²·2C + 2C)·4, and batch norm.
    """

    def __init__(
        self, channels: int, options: BlockOptions, normalization: Normalization = "sigmoid+softmax"
    ) -> None:
        super().__init__(channels, False, options, normalization)
        positions = options.k**2
        # Hidden channels lie slice by slice, column by column: group c·k² + p of the second convolution
        # is column p of slice c, so the result is already in the order that normalize_index reads.
        self.block = index_block(
            channels,
            positions * options.expansion * channels,
            positions * channels,
            options,
            columns=positions,
            groups=channels,
            project_groups=positions * channels,
        )
        self.reset_parameters()
