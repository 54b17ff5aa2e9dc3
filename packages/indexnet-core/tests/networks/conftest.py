"""Figs. 6 and 7 literally: separate convolutions for every column, and an explicit shuffle."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from indexnet_core.networks.base import IndexNetwork

PickColumn = Callable[[Tensor, int], Tensor]
"""A function of a fused weight (or a batch norm's vector) and p; returns the part of column p."""


def column(network: IndexNetwork, pick: PickColumn, p: int, groups: int) -> nn.Sequential:
    """Column p of Fig. 7 as separate modules: convolution, or convolution, BN, ReLU6, 1×1 convolution."""
    k, fused = network.options.k, network.block
    size, padding = (2 * k, (k + 1) // 2) if network.options.context else (k, 0)
    weight = pick(fused.conv.weight, p)
    conv = nn.Conv2d(weight.shape[1] * groups, weight.shape[0], size, k, padding, groups=groups, bias=False)
    conv.weight = nn.Parameter(weight.detach().clone())
    if not network.options.nonlinear:
        return nn.Sequential(conv)
    norm = nn.BatchNorm2d(weight.shape[0])
    for name in ("weight", "bias", "running_mean", "running_var"):
        getattr(norm, name).data = pick(getattr(fused.norm, name), p).detach().clone()
    weight = pick(fused.project.weight, p)
    project = nn.Conv2d(weight.shape[1] * groups, weight.shape[0], 1, groups=groups, bias=False)
    project.weight = nn.Parameter(weight.detach().clone())
    return nn.Sequential(conv, norm, nn.ReLU6(), project)


def compose(columns: list[Tensor], k: int) -> Tensor:
    """Column k·m + n predicts position (m, n) of every region."""
    batch, channels, height, width = columns[0].shape
    out = columns[0].new_empty(batch, channels, k * height, k * width)
    for p, predicted in enumerate(columns):
        out[:, :, p // k :: k, p % k :: k] = predicted
    return out


def maps_of(z: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Sigmoid for the decoder; softmax of it over each region for the encoder."""
    decoder = 1 / (1 + torch.exp(-z))
    batch, channels, height, width = z.shape
    exponential = torch.exp(decoder).view(batch, channels, height // k, k, width // k, k)
    return (exponential / exponential.sum((3, 5), keepdim=True)).view_as(z), decoder


@pytest.fixture
def check_columns() -> Callable[[IndexNetwork, Tensor, PickColumn, int], None]:
    """Compare a fused network with its columns in float64, in training and in evaluation."""

    def check(network: IndexNetwork, x: Tensor, pick: PickColumn, groups: int) -> None:
        network, x = network.double(), x.double()
        k = network.options.k
        fold = network.channels is None  # shared: each slice is an image of one channel
        inputs = x.view(-1, 1, *x.shape[2:]) if fold else x
        perturb_norm(network)
        for training in (True, False):
            network.train(training)
            count = 1 if network.holistic else k * k
            literal = [column(network, pick, p, groups).train(training) for p in range(count)]
            predicted = [one(inputs) for one in literal]
            if network.holistic:  # Fig. 6: one column, whose k² channels are the positions
                predicted = list(predicted[0].split(1, dim=1))
            full = compose(predicted, k)
            full = full.view_as(x) if fold else full
            encoder, decoder = network(x)
            wanted = maps_of(full, k)
            torch.testing.assert_close((encoder, decoder), wanted, rtol=0, atol=1e-12)
            assert encoder.std() > 1e-4  # so that a constant map is not accepted

    return check


def perturb_norm(network: IndexNetwork) -> None:
    """Set different statistics and scales for every channel of batch norm, to detect swapped channels."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
