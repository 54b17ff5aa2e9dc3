"""Standard deviations of both initialisations, measured on layers with enough weights."""

import math

import pytest
import torch
from torch import nn

from indexnet_core import create_index_network
from indexnet_core.errors import SpecError
from indexnet_core.initialization import Init, initialize, initialize_convolution

C, E = 128, 2


def assert_normal(weight: torch.Tensor, deviation: float) -> None:
    """Mean 0 and the given deviation, within five standard errors of each."""
    count = weight.numel()
    assert abs(weight.mean().item()) < 5 * deviation / math.sqrt(count)
    assert weight.std().item() == pytest.approx(deviation, rel=5 / math.sqrt(2 * count))


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (nn.Conv2d(64, 96, 3), 64 * 9),
        (nn.Conv2d(64, 128, 3, groups=64), 9),
        (nn.Conv2d(64, 128, 3, groups=8), 8 * 9),
        (nn.Conv1d(64, 128, 5), 64 * 5),
        # With stride 2, a 4 × 4 kernel gives every output value 2 × 2 inputs of each channel.
        (nn.ConvTranspose2d(64, 32, 4, 2, 1), 64 * 4),
        (nn.ConvTranspose2d(64, 64, 2, 2), 64),
        (nn.ConvTranspose2d(64, 128, 4, 2, 1, groups=2), 32 * 4),
    ],
)
def test_he_counts_the_fan_in_of_a_group(layer: nn.Conv2d, fan_in: int) -> None:
    initialize_convolution(layer)
    assert_normal(layer.weight, math.sqrt(2 / fan_in))
    assert layer.bias is not None
    assert not layer.bias.any()


def test_he_keeps_the_second_moment_through_a_transposed_convolution() -> None:
    """E[y²] = 2·E[x²] for any x, which a ReLU halves, as intended in [41]."""
    layer = nn.ConvTranspose2d(64, 64, 4, 2, 1)
    initialize_convolution(layer)
    with torch.no_grad():
        y = layer(torch.randn(4, 64, 16, 16))[..., 4:-4, 4:-4]
    assert y.square().mean().item() == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize(
    ("layer", "fan_out"),
    [
        (nn.Conv2d(64, 96, 3), 9 * 96),
        (nn.Conv2d(64, 128, 3, groups=64), 9 * 128),
        (nn.Conv2d(64, 128, 1), 128),
    ],
)
def test_released_counts_all_output_channels_whatever_the_groups(layer: nn.Conv2d, fan_out: int) -> None:
    initialize_convolution(layer, "released")
    assert_normal(layer.weight, math.sqrt(2 / fan_out))
    assert layer.bias is not None
    assert not layer.bias.any()


DEVIATIONS = {
    # family: fan-in of conv and project (He), then k²·out_channels of one column (released)
    "hin": (4 * C, E * C, 4 * E * C, 4),
    "o2o-shared": (4, E, 4 * E, 1),
    "o2o-modelwise": (4, E, 4 * E, 1),
    "o2o-unshared": (4, E, 4 * E * C, C),
    "m2o": (4 * C, E * C, 4 * E * C, C),
}


@pytest.mark.parametrize("init", ["he", "released"])
@pytest.mark.parametrize("family", DEVIATIONS)
def test_index_networks(family: str, init: Init) -> None:
    conv, project = DEVIATIONS[family][:2] if init == "he" else DEVIATIONS[family][2:]
    network = create_index_network(f"{family}-nl", C, init=init)
    convs, projects = [], []
    for _ in range(1 if family in ("hin", "m2o") else 200):  # the others are small: draw them often
        network.reset_parameters(init)
        convs.append(network.block.conv.weight.detach().flatten().clone())
        projects.append(network.block.project.weight.detach().flatten().clone())
    assert_normal(torch.cat(convs), math.sqrt(2 / conv))
    assert_normal(torch.cat(projects), math.sqrt(2 / project))


@pytest.mark.parametrize("family", ["o2o-unshared", "m2o"])
def test_linear_and_context_networks_in_the_released_way(family: str) -> None:
    linear = create_index_network(family, C, init="released").block.conv.weight
    context = create_index_network(f"{family}-nl-c", C, expansion=1, init="released").block.conv.weight
    assert_normal(linear, math.sqrt(2 / (4 * C)))
    assert_normal(context, math.sqrt(2 / (16 * C)))


@pytest.mark.parametrize("init", ["he", "released"])
def test_a_whole_network(init: Init) -> None:
    network = nn.Sequential(nn.Conv2d(32, 64, 3), nn.BatchNorm2d(64), nn.Sequential(nn.Conv2d(64, 64, 3)))
    norm = network[1]
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(7.0)
        norm.running_mean.fill_(7.0)
    initialize(network, init)
    assert torch.equal(norm.weight, torch.ones(64))
    assert torch.equal(norm.bias, torch.zeros(64))
    assert torch.equal(norm.running_mean, torch.zeros(64))
    assert_normal(network[0].weight, math.sqrt(2 / (9 * (32 if init == "he" else 64))))
    assert_normal(network[2][0].weight, math.sqrt(2 / (9 * 64)))


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(SpecError, match=r"unknown initialisation 'xavier'; choose one of \('he', .*"):
        initialize(nn.Conv2d(3, 3, 3), "xavier")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="unknown initialisation 'xavier'"):
        create_index_network("hin", 4, init="xavier")  # type: ignore[arg-type]
