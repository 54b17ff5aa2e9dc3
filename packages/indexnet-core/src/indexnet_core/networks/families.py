"""The families of index networks (Fig. 4) and the words that name them."""

from dataclasses import dataclass

from torch import Tensor, nn

from indexnet_core.networks.block import BlockOptions, index_block
from indexnet_core.networks.family import Family
from indexnet_core.networks.fast_forward import predict_columns, predict_slices
from indexnet_core.networks.slice_table import slice_table

__all__ = ["FAMILIES", "Holistic", "ManyToOne", "OneToOneShared", "OneToOneUnshared"]


@dataclass(frozen=True)
class Holistic(Family):
    """HIN (Section 4.2, Fig. 6): one index map for all channels; guides decoders of any width (Remark 2).

    Parameters (Table 1): linear k²·C·4, nonlinear k²·C·2C + 2C·4, and batch norm.
    """

    holistic = True

    def build_block(self, channels: int, count: int, options: BlockOptions) -> nn.Sequential:
        """Build a block with one column for all positions."""
        return index_block(channels, options.expansion * channels, count, options)


@dataclass(frozen=True)
class OneToOneShared(Family):
    """O2O DIN (Section 4.3.1): the same index function for all feature slices, so that it fits any width.

    Used in one stage it is the shared stagewise O2O DIN, in all stages the modelwise one. It has k²·4, (k²·2
    + 2)·4 or (4k²·2 + 2)·4 weights (Table 1) for every width: 16, 56 and 152 parameters for k = 2, including
    batch norm.
    """

    modelwise: bool = False
    any_width = True
    slicewise = True

    def build_block(self, channels: int, count: int, options: BlockOptions) -> nn.Sequential:
        """Build the block of one slice."""
        hidden = count * options.expansion
        return index_block(1, hidden, count, options, columns=count, project_groups=count)

    def predict(self, block: nn.Sequential, x: Tensor, count: int, k: int) -> Tensor:
        """Run one block for all slices, as an unshared network with repeated weights."""
        return predict_slices(block, x, count, repeat=x.shape[1])

    def slice_table(self, block: nn.Sequential, x: Tensor) -> Tensor | None:
        """The table with one column, see `networks.slice_table`."""
        return slice_table(block, x)

    def predict_columns(self, block: nn.Sequential, x: Tensor, count: int) -> tuple[Tensor, ...] | None:
        """One depthwise convolution for each position, with the same weights for all slices."""
        return predict_columns(block, x, count, repeat=x.shape[1])


@dataclass(frozen=True)
class OneToOneUnshared(Family):
    """O2O DIN (Section 4.3.1) with a separate index function for each feature slice.

    Parameters (Table 1, whose 2C×C is 2C since the second convolution is grouped): linear k²·C·4,
    nonlinear (k²·2C + 2C)·4, and batch norm.
    """

    slicewise = True

    def build_block(self, channels: int, count: int, options: BlockOptions) -> nn.Sequential:
        """Build a block with a group for each slice.

        Hidden channels are ordered by slice, then by column: group c·count + p of the second convolution is
        column p of slice c.
        """
        outputs = count * channels
        hidden = options.expansion * outputs
        return index_block(
            channels, hidden, outputs, options, columns=count, groups=channels, project_groups=outputs
        )

    def predict(self, block: nn.Sequential, x: Tensor, count: int, k: int) -> Tensor:
        """Run the block, whose output has slices first."""
        return predict_slices(block, x, count)

    def slice_table(self, block: nn.Sequential, x: Tensor) -> Tensor | None:
        """The table with a column for each slice, see `networks.slice_table`."""
        return slice_table(block, x)

    def predict_columns(self, block: nn.Sequential, x: Tensor, count: int) -> tuple[Tensor, ...] | None:
        """One depthwise convolution for each position."""
        return predict_columns(block, x, count)


@dataclass(frozen=True)
class ManyToOne(Family):
    """M2O DIN (Section 4.3.2): each index slice depends on all feature slices; the largest family (Remark 4).

    Parameters (Table 1): linear k²·C·C·4, nonlinear (k²·C·2C + 2C·C)·4, and batch norm.
    """

    def build_block(self, channels: int, count: int, options: BlockOptions) -> nn.Sequential:
        """Build a block with a column for each position (Fig. 7)."""
        outputs = count * channels
        hidden = options.expansion * outputs
        return index_block(channels, hidden, outputs, options, columns=count, project_groups=count)


FAMILIES: dict[str, Family] = {
    "hin": Holistic(),
    "o2o-modelwise": OneToOneShared(modelwise=True),
    "o2o-shared": OneToOneShared(),
    "o2o-unshared": OneToOneUnshared(),
    "m2o": ManyToOne(),
}
"""Families by the first word of an index network's name."""
