import pytest
import torch
import torch.nn.functional as F
from torch import nn

from indexnet_engine.models.layers import scaled
from indexnet_matting.models.layers import InvertedResidual, conv_norm_relu6, resize_like


def test_the_input_of_a_block_is_padded_not_its_hidden_feature() -> None:
    """Expanded zeros are not zero, because batch norm shifts them."""
    block = InvertedResidual(4, 4, 6).double().eval()
    nn.init.constant_(block.expand.norm.bias, 0.7)  # type: ignore[arg-type]
    x = torch.randn(1, 4, 6, 5, dtype=torch.double)
    weight = block.depthwise.conv.weight
    hidden = block.expand(F.pad(x, (1, 1, 1, 1)))
    torch.testing.assert_close(hidden[0, :, 0, 0], torch.full((24,), 0.7, dtype=torch.double))
    inner = F.conv2d(hidden, weight, groups=24)
    depthwise = F.relu6(block.depthwise.norm(inner))
    torch.testing.assert_close(block(x), x + block.project(depthwise))

    usual = F.conv2d(block.expand(x), weight, groups=24, padding=1)
    torch.testing.assert_close(usual[..., 1:-1, 1:-1], inner[..., 1:-1, 1:-1])
    assert not torch.allclose(usual[..., 0, :], inner[..., 0, :])


@pytest.mark.parametrize(
    ("stride", "dilation", "size"), [(1, 1, (9, 8)), (1, 2, (9, 8)), (2, 1, (5, 4)), (1, 4, (9, 8))]
)
def test_sizes(stride: int, dilation: int, size: tuple[int, int]) -> None:
    block = InvertedResidual(4, 6, 6, stride=stride, dilation=dilation).eval()
    assert block(torch.rand(1, 4, 9, 8)).shape == (1, 6, *size)


@pytest.mark.parametrize(("out", "stride", "residual"), [(4, 1, True), (6, 1, False), (4, 2, False)])
def test_residual_only_between_equal_shapes(out: int, stride: int, residual: bool) -> None:
    block = InvertedResidual(4, out, 2, stride=stride).eval()
    nn.init.zeros_(block.project.conv.weight)  # type: ignore[arg-type]
    x = torch.rand(1, 4, 6, 6)
    assert torch.equal(block(x), x) if residual else not block(x).any()


def test_no_expansion_without_need() -> None:
    block = InvertedResidual(8, 4, 1)
    assert sum(isinstance(layer, nn.Conv2d) for layer in block.modules()) == 2


@pytest.mark.parametrize(("size", "dilation"), [(1, 1), (3, 1), (3, 4), (5, 1)])
def test_convolutions_keep_the_size(size: int, dilation: int) -> None:
    layer = conv_norm_relu6(2, 3, size, dilation=dilation).eval()
    y = layer(10 * torch.randn(1, 2, 7, 9))
    assert y.shape == (1, 3, 7, 9)
    assert y.min() >= 0
    assert y.max() <= 6


def test_resizing_keeps_corners() -> None:
    x = torch.arange(6.0).reshape(1, 1, 2, 3)
    y = resize_like(x, torch.zeros(1, 5, 3, 5))
    torch.testing.assert_close(y[..., ::2, ::2], x)
    torch.testing.assert_close(y[0, 0, 0], torch.tensor([0, 0.5, 1, 1.5, 2]))


def test_scaled_channels_are_rounded_down() -> None:
    widths = [scaled(channels, 1.4) for channels in (32, 16, 24, 32, 64, 96, 160, 320)]
    assert widths == [44, 22, 33, 44, 89, 134, 224, 448]
