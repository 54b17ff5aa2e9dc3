"""Layers with hooks, parametrizations or wrappers are called, never read past."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune
from torch.nn.utils.parametrizations import spectral_norm

from indexnet_core import IndexNetwork, create_index_network

OPERATORS = ["o2o-shared", "o2o-unshared", "o2o-shared-nl", "o2o-unshared-nl", "m2o", "hin-nl"]


class Wrapped(nn.Module):
    """A layer beside which another one was put, as for low-rank adaptation."""

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        self.layer = layer
        self.beside = copy.deepcopy(layer)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) + self.beside(x)


def features(network: IndexNetwork) -> Tensor:
    return torch.randn(2, 4, 6, 4).contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("operator", OPERATORS)
def test_pruned_weights_are_those_that_count(operator: str) -> None:
    network = create_index_network(operator, 4).eval()
    x = features(network)
    prune.random_unstructured(network.block.conv, "weight", amount=0.5)
    with torch.no_grad():
        network.block.conv.weight_orig.mul_(3)
    other = create_index_network(operator, 4).eval()
    state = {key: value for key, value in network.state_dict().items() if "_" not in key.rsplit(".", 1)[1]}
    state = {**other.state_dict(), **state}
    original, mask = network.block.conv.weight_orig, network.block.conv.weight_mask
    state["block.conv.weight"] = original * mask
    for name in ("running_mean", "running_var"):
        if f"block.norm.{name}" in network.state_dict():
            state[f"block.norm.{name}"] = network.state_dict()[f"block.norm.{name}"]
    other.load_state_dict(state)
    torch.testing.assert_close(network(x).logits, other(x).logits)


@pytest.mark.parametrize("operator", OPERATORS)
def test_spectral_norm_trains_the_weights_below(operator: str) -> None:
    network = create_index_network(operator, 4)
    spectral_norm(network.block.conv)
    network(features(network)).logits.sum().backward()
    assert all(parameter.grad is not None for parameter in network.block.conv.parameters())


@pytest.mark.parametrize(
    ("operator", "layer"),
    [
        *((operator, "conv") for operator in OPERATORS),
        *((operator, "project") for operator in OPERATORS if "nl" in operator),
    ],
)
def test_wrapped_layers_run(operator: str, layer: str) -> None:
    network = create_index_network(operator, 4).eval()
    doubled = copy.deepcopy(network)
    with torch.no_grad():
        getattr(doubled.block, layer).weight.mul_(2)
    setattr(network.block, layer, Wrapped(getattr(network.block, layer)))
    x = features(network)
    torch.testing.assert_close(network(x).logits, doubled(x).logits)


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize(
    "register",
    [nn.Module.register_forward_hook, nn.Module.register_forward_pre_hook],
    ids=["after", "before"],
)
def test_hooks_of_a_layer_run(operator: str, register: Callable[..., object]) -> None:
    network = create_index_network(operator, 4).eval()
    x = features(network)
    wanted = network(x).logits
    calls = []
    register(network.block.conv, lambda *_: calls.append(1))
    torch.testing.assert_close(network(x).logits, wanted)
    assert calls == [1]
