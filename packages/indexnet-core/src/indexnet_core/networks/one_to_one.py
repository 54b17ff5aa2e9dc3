"""One-to-one depthwise index networks (O2O DINs, Section 4.3.1): an index slice from its feature slice."""

from torch import Tensor

from indexnet_core.functional.indexed import Normalization
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.networks.block import BlockOptions, index_block
from indexnet_core.networks.slices import predict_slices

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
        """An unshared network whose slices all have the same weights."""
        return predict_slices(self.block, x, self.options.k, repeat=x.shape[1])


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
        # is column p of slice c.
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

    def predict(self, x: Tensor) -> Tensor:
        """Slices come out one after another; positions are wanted first."""
        return predict_slices(self.block, x, self.options.k)
