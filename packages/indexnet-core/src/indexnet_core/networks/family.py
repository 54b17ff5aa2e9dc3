"""The interface of a family of index networks: how its block is built and read."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from indexnet_core.fused.strips import in_strips, rows_of_strips
from indexnet_core.networks.block import BlockOptions
from indexnet_core.networks.fast_forward import run_block

__all__ = ["Family"]


class Family(ABC):
    """A family of index networks (Fig. 4): which channels an index depends on, and which weights are shared.

    Attributes:
        holistic: whether all channels share one index map; depthwise otherwise, with a map for each.
        any_width: whether the same weights fit feature maps of any width.
        modelwise: whether all stages of a model share one network (Fig. 5); requires ``any_width``.
        slicewise: whether every slice of a feature is processed separately, so that `slice_table` applies.
        exportable: whether `export_onnx` and `export_pt2` can write the network.
    """

    holistic: bool = False
    any_width: bool = False
    modelwise: bool = False
    slicewise: bool = False
    exportable: bool = True

    @abstractmethod
    def build_block(self, channels: int, count: int, options: BlockOptions) -> nn.Sequential:
        """Build the block that predicts ``count`` indices per region and channel, or per region if holistic.

        Args:
            channels: width C of the feature map.
            count: k² for the paper's networks, more for multi-point ones.
            options: nonlinearity, context, hidden width and region size.

        Shape: (B, C, H, W) -> (B, count·C, H/k, W/k), or (B, count, H/k, W/k) if holistic
        """

    def predict(self, block: nn.Sequential, x: Tensor, count: int, k: int) -> Tensor:
        """Run the block; its output has positions first, so that channel p·C + c is position p of channel c.

        Shape: (B, C, H, W) -> (B, count, C, H/k, W/k), or (B, count, 1, H/k, W/k) if holistic
        """
        height, width = x.shape[2:]
        # The block's first map is 1/k of the size of x along both sides.
        hidden = next(block.parameters()).shape[0] / k**2
        rows = rows_of_strips(hidden, height, width, k)
        z = in_strips(
            lambda top, bottom: run_block(block, x[:, :, top:bottom]), height, rows=rows, halo=k, scale=k
        )
        return z.unflatten(1, (count, -1))

    def slice_table(self, block: nn.Sequential, x: Tensor) -> Tensor | None:
        """The weights of a block as the table of `fused.slices`; None where there is no such form."""
        return None

    def predict_columns(self, block: nn.Sequential, x: Tensor, count: int) -> tuple[Tensor, ...] | None:
        """`predict` for exported graphs, with each position in a tensor of its own (B, C, H/k, W/k).

        None if the network predicts all positions by one convolution.
        """
        return None
