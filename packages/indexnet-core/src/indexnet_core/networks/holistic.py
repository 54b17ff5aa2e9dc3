"""Holistic index networks (HINs, Section 4.2, Fig. 6): one index map for all channels."""

from indexnet_core.functional.indexed import Normalization
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.networks.block import BlockOptions, index_block

__all__ = ["HolisticIndexNetwork"]


class HolisticIndexNetwork(IndexNetwork):
    """I(X): (B, C, H, W) -> (B, 1, H, W); friendly to decoders of any width (Remark 2).

    Parameters (Table 1): linear k²·C·4, nonlinear k²·C·2C + 2C·4, and batch norm.
    """

    def __init__(
        self, channels: int, options: BlockOptions, normalization: Normalization = "sigmoid+softmax"
    ) -> None:
        super().__init__(channels, True, options, normalization)
        self.block = index_block(channels, options.expansion * channels, options.k**2, options)
        self.reset_parameters()
