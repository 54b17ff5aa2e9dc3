import pytest
import torch
from torch import nn

from indexnet_core import SpecError
from indexnet_engine.models.layers import check_whole, conv_norm_act, conv_norm_relu6, scaled


@pytest.mark.parametrize(("size", "dilation"), [(1, 1), (3, 1), (3, 4), (5, 2)])
def test_the_size_is_kept(size: int, dilation: int) -> None:
    block = conv_norm_act(2, 3, size, dilation=dilation)
    assert block(torch.rand(1, 2, 9, 12)).shape == (1, 3, 9, 12)
    assert [name for name, _ in block.named_children()] == ["conv", "norm", "act"]
    assert block.get_submodule("conv").bias is None


def test_without_activation_and_with_a_bias() -> None:
    block = conv_norm_act(2, 2, 3, stride=2, groups=2, bias=True, act=None)
    assert block(torch.rand(1, 2, 8, 8)).shape == (1, 2, 4, 4)
    assert block.state_dict().keys() >= {"conv.bias", "norm.bias"}
    assert not any(isinstance(layer, nn.ReLU | nn.ReLU6) for layer in block)


@pytest.mark.parametrize("width", [0, -1.0, float("nan"), float("inf"), "wide"])
def test_a_multiplier_must_be_positive(width: float) -> None:
    with pytest.raises(SpecError, match="width must be a positive multiplier"):
        scaled(32, width)


@pytest.mark.parametrize("value", [1, 0, 2.0, True, "2"])
def test_numbers_that_build_nothing(value: object) -> None:
    check_whole("width", 2, least=2)
    with pytest.raises(SpecError, match=f"width must be a whole number of at least 2, got {value!r}"):
        check_whole("width", value, least=2)


@pytest.mark.parametrize(("size", "dilation"), [(1, 1), (3, 1), (3, 4), (5, 1)])
def test_convolutions_keep_the_size(size: int, dilation: int) -> None:
    layer = conv_norm_relu6(2, 3, size, dilation=dilation).eval()
    y = layer(10 * torch.randn(1, 2, 7, 9))
    assert y.shape == (1, 3, 7, 9)
    assert y.min() >= 0
    assert y.max() <= 6


def test_scaled_channels_are_rounded_down() -> None:
    widths = [scaled(channels, 1.4) for channels in (32, 16, 24, 32, 64, 96, 160, 320)]
    assert widths == [44, 22, 33, 44, 89, 134, 224, 448]
