"""The index block: its layers, its output size, and invalid options."""

import pytest
import torch
from torch import nn

from indexnet_core.errors import SpecError
from indexnet_core.networks.block import BlockOptions, ColumnConv2d, index_block


@pytest.mark.parametrize("k", [2, 3, 4, 5])
@pytest.mark.parametrize("context", [False, True])
def test_output_is_k_times_smaller(k: int, context: bool) -> None:
    block = index_block(3, 6, k * k, BlockOptions(True, context, k=k)).eval()
    for rows, columns in [(1, 1), (3, 4)]:
        assert block(torch.rand(2, 3, k * rows, k * columns)).shape == (2, k * k, rows, columns)


def test_linear_is_one_convolution() -> None:
    block = index_block(3, 6, 4, BlockOptions())
    assert [name for name, _ in block.named_children()] == ["conv"]
    assert (block.conv.kernel_size, block.conv.stride, block.conv.padding) == ((2, 2), (2, 2), (0, 0))


def test_nonlinear_is_convolution_norm_relu6_and_projection() -> None:
    """Figs. 6 and 7; nothing follows the projection."""
    block = index_block(3, 6, 4, BlockOptions(nonlinear=True))
    kinds = [(name, type(layer)) for name, layer in block.named_children()]
    assert kinds == [
        ("conv", ColumnConv2d),
        ("norm", nn.BatchNorm2d),
        ("act", nn.ReLU6),
        ("project", ColumnConv2d),
    ]
    assert block.project.kernel_size == (1, 1)


def test_context_doubles_the_kernel_and_pads_by_one() -> None:
    conv = index_block(3, 6, 4, BlockOptions(nonlinear=True, context=True)).conv
    assert (conv.kernel_size, conv.stride, conv.padding) == ((4, 4), (2, 2), (1, 1))


@pytest.mark.parametrize("options", [BlockOptions(), BlockOptions(True), BlockOptions(True, True)])
def test_no_convolution_has_a_bias(options: BlockOptions) -> None:
    block = index_block(3, 6, 4, options)
    assert all(layer.bias is None for layer in block if isinstance(layer, nn.Conv2d))


def test_impossible_options_are_refused() -> None:
    with pytest.raises(SpecError, match="expansion must be at least 1, got 0"):
        BlockOptions(expansion=0)
    with pytest.raises(SpecError, match="side k of a local region must be at least 2, got 1"):
        BlockOptions(k=1)
    with pytest.raises(SpecError, match="context needs a nonlinear index network"):
        BlockOptions(context=True)
