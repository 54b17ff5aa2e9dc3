"""Steps down and up are found in modules and in functional calls."""

import torch
from torch import nn

from indexnet_core.retrofitting.steps import find_steps, same_padding
from indexnet_core.retrofitting.trace import observe

from .nets import Functional, SegNet, Shared, Strided


def found(network: nn.Module, size: int = 16) -> list[str]:
    return [str(step) for step in find_steps(observe(network, (torch.rand(1, 3, size, size),)))]


def test_functional_calls_are_numbered() -> None:
    assert found(Functional()) == [
        "forward[0] (2×2 max pooling, 4 channels, 16x16 -> 8x8)",
        "forward[1] (2×2 average pooling, 8 channels, 8x8 -> 4x4)",
        "forward[0] (bilinear interpolation, 8 channels, 4x4 -> 8x8)",
        "forward[1] (nearest interpolation, 4 channels, 8x8 -> 16x16)",
    ]


def test_shared_modules_do_one_step_each_time() -> None:
    names = [step.split(" ")[0] for step in found(Shared())]
    assert names == ["pool[0]", "pool[1]", "upsample[0]", "upsample[1]"]


def test_unpooling() -> None:
    assert [step.split(", ")[0] for step in found(SegNet())] == [
        "pool (2×2 max pooling",
        "forward (2×2 max pooling",
        "forward (unpooling",
        "unpool (unpooling",
    ]


def test_strided_convolutions_go_down_after_their_layer_or_block() -> None:
    network = Strided()
    steps = find_steps(observe(network, (torch.rand(1, 3, 16, 16),)))
    downs = [(step.name, step.unit.name, step.channels) for step in steps if step.unit is not None]
    assert downs == [("stem.0", "stem.2", 4), ("separable.0", "separable.4", 6), ("block", "block", 8)]
    assert steps[2].what == "strided convolution and 2×2 average pooling"
    ups = [(step.name, step.what, step.channels) for step in steps if step.direction == "up"]
    assert ups == [
        ("up.0", "transposed convolution", 8),
        ("up.1.1", "pixel shuffle", 6),
        ("up.2", "transposed convolution", 4),
    ]


def test_a_layer_ends_where_another_reads_its_result() -> None:
    class PreActivation(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.conv(x)
            return x + self.norm(x)

    (step,) = find_steps(observe(PreActivation(), (torch.rand(1, 3, 16, 16),)))
    assert step.unit is not None
    assert step.unit.name == "conv"


def test_odd_sizes_and_other_factors_are_no_steps() -> None:
    odd = found(nn.Sequential(nn.MaxPool2d(2), nn.Upsample(scale_factor=2)), size=17)
    assert odd == ["1 (nearest interpolation, 3 channels, 8x8 -> 16x16)"]
    assert found(nn.Sequential(nn.MaxPool2d(4), nn.Upsample(scale_factor=4))) == []


def test_tracing_does_not_change_the_network() -> None:
    network = Strided()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    observe(network, (torch.rand(2, 3, 16, 16),))
    assert network.training
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_same_padding_keeps_every_window_of_a_strided_convolution() -> None:
    """At stride 1 every second result equals that of stride 2."""
    x = torch.rand(1, 1, 12, 12)
    for kernel, padding, dilation in [(2, 0, 1), (3, 1, 1), (4, 1, 1), (7, 3, 1), (3, 2, 2)]:
        layer = nn.Conv2d(1, 1, kernel, 2, padding, dilation)
        assert same_padding(layer)
        wide = nn.functional.conv2d(x, layer.weight, layer.bias, 1, "same", dilation)
        torch.testing.assert_close(wide[:, :, ::2, ::2], layer(x))
    assert not same_padding(nn.Conv2d(1, 1, 3, 2, 0))
    assert not same_padding(nn.Conv2d(1, 1, 4, 2, 1, padding_mode="reflect"))
