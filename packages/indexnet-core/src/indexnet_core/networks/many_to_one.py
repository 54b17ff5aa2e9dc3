"""Many-to-one depthwise index networks (M2O DINs, Section 4.3.2): an index slice from all feature slices."""

from indexnet_core.functional.indexed import Normalization
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.networks.block import BlockOptions, index_block

__all__ = ["ManyToOneIndexNetwork"]


class ManyToOneIndexNetwork(IndexNetwork):
    """The most powerful and the largest family (Remark 4).

    Parameters (Table 1): linear k²·C·C·4, nonlinear (k²·C·2C + 2C·C)·4, and batch norm.
    """

    def __init__(
        self, channels: int, options: BlockOptions, normalization: Normalization = "sigmoid+softmax"
    ) -> None:
        super().__init__(channels, False, options, normalization)
        positions = options.k**2
        self.block = index_block(
            channels,
            positions * options.expansion * channels,
            positions * channels,
            options,
            columns=positions,
            project_groups=positions,
        )
        self.reset_parameters()
