"""Parameters and multiply-accumulates against hand-computed cases."""

import pytest
import torch
from torch import Tensor, nn

from indexnet_core import create_index_network
from indexnet_core.analysis.complexity import (
    Complexity,
    CountsItself,
    count_macs,
    count_parameters,
    measure_complexity,
)


@pytest.mark.parametrize(
    ("layer", "macs"),
    [
        (nn.Conv2d(4, 8, 3, padding=1), 4 * 8 * 9 * 10 * 12),
        (nn.Conv2d(4, 8, 3), 4 * 8 * 9 * 8 * 10),
        (nn.Conv2d(4, 8, 3, stride=2, padding=1), 4 * 8 * 9 * 5 * 6),
        (nn.Conv2d(4, 8, 3, padding=2, dilation=2), 4 * 8 * 9 * 10 * 12),
        (nn.Conv2d(4, 8, 3, padding=1, groups=2), 2 * 8 * 9 * 10 * 12),
        (nn.Conv2d(4, 4, 5, padding=2, groups=4), 4 * 25 * 10 * 12),
        (nn.ConvTranspose2d(4, 8, 4, 2, 1), 4 * 8 * 16 * 10 * 12),
        (nn.ConvTranspose2d(4, 8, 4, 2, 1, groups=4), 4 * 2 * 16 * 10 * 12),
        (nn.BatchNorm2d(4), 0),
        (nn.ReLU6(), 0),
        (nn.Sequential(nn.Conv2d(4, 8, 1), nn.MaxPool2d(2), nn.Conv2d(8, 2, 1)), 4 * 8 * 120 + 8 * 2 * 30),
    ],
    ids=lambda value: value.__class__.__name__ if isinstance(value, nn.Module) else str(value),
)
@pytest.mark.parametrize("batch", [1, 3])
def test_multiply_accumulates_by_hand(layer: nn.Module, macs: int, batch: int) -> None:
    assert count_macs(layer, torch.zeros(batch, 4, 10, 12)) == macs


def test_a_transposed_convolution_costs_its_true_number() -> None:
    """The number of products of input values and weights, counted on a 1 × 1 map."""
    layer = nn.ConvTranspose2d(1, 1, 2, 2, bias=False)
    assert count_macs(layer, torch.zeros(1, 1, 1, 1)) == 4


def test_a_layer_that_runs_twice_has_twice_the_cost_but_its_parameters_once() -> None:
    layer = nn.Conv2d(4, 4, 1, bias=False)
    twice = nn.Sequential(layer, nn.ReLU(), nn.Sequential(layer))
    assert measure_complexity(twice, torch.zeros(1, 4, 5, 5)) == Complexity(16, 2 * 16 * 25)


def test_parameters_include_bias_and_batch_norm() -> None:
    assert count_parameters(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))) == 3 * 8 * 9 + 8 + 16


def test_a_tied_weight_counts_once() -> None:
    first, second = nn.Conv2d(4, 4, 1, bias=False), nn.Conv2d(4, 4, 1, bias=False)
    second.weight = first.weight
    assert count_parameters(nn.Sequential(first, second)) == 16


def test_shared_one_to_one_counts_once_a_stage() -> None:
    """Slices are folded into the batch, which is not counted: 4·4·(H/2)·(W/2) for any width."""
    for channels in (1, 64):
        network = create_index_network("o2o-shared", channels)
        assert count_macs(network, torch.zeros(2, channels, 8, 12)) == 16 * 4 * 6


def test_index_network_by_hand() -> None:
    """M2O, nonlinear with context, C = 4: 4·(4·4·C·2C + 2C·C) weights, all applied at half the size."""
    network = create_index_network("m2o-nl-c", 4)
    assert count_macs(network, torch.zeros(1, 4, 8, 12)) == 4 * (16 * 4 * 8 + 8 * 4) * 4 * 6


class Fused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)

    def macs(self, height: int, width: int) -> int:
        return 1000 * height + width


def test_children_of_a_module_that_counts_itself_are_skipped() -> None:
    assert isinstance(Fused(), CountsItself)
    x = torch.zeros(2, 4, 6, 5)
    assert count_macs(Fused(), x) == 6005
    assert count_macs(nn.Sequential(Fused(), nn.Conv2d(4, 1, 1)), x) == 6005 + 4 * 30


def test_the_module_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.Sequential(nn.BatchNorm2d(4)))
    module.train()
    module[2].eval()
    modes = [layer.training for layer in module.modules()]
    before = {key: value.clone() for key, value in module.state_dict().items()}
    count_macs(module, torch.randn(2, 4, 5, 5))
    assert [layer.training for layer in module.modules()] == modes
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())
    assert all(parameter.grad is None for parameter in module.parameters())
    assert not any(layer._forward_hooks for layer in module.modules())


def test_the_module_is_left_as_it_was_when_it_fails() -> None:
    module = nn.Sequential(nn.Conv2d(4, 4, 1), nn.Conv2d(3, 3, 1)).train()
    with pytest.raises(RuntimeError):
        count_macs(module, torch.zeros(1, 4, 5, 5))
    assert module.training
    assert module[0].training
    assert not any(layer._forward_hooks for layer in module.modules())


def test_the_meta_device_suffices() -> None:
    with torch.device("meta"):
        module = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64))
        cost = measure_complexity(module, torch.zeros(1, 3, 224, 224))
    assert cost == Complexity(3 * 64 * 9 + 128, 3 * 64 * 9 * 224 * 224)


def test_giga_is_two_to_the_thirty() -> None:
    cost = Complexity(parameters=3_753_259, macs=3 * 2**29)
    assert cost.gflops == 1.5
    assert str(cost) == "3.75M parameters, 1.50 GFLOPs"
