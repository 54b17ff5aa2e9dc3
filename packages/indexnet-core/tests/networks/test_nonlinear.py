"""Running an index block in another way than layer by layer must not be seen from outside."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from indexnet_core.networks import nonlinear
from indexnet_core.networks.block import BlockOptions, index_block
from indexnet_core.networks.nonlinear import run_block


def make_block() -> nn.Sequential:
    torch.manual_seed(0)
    block = index_block(
        6, 48, 24, BlockOptions(nonlinear=True, context=True), columns=4, project_groups=4
    ).double()
    nn.init.uniform_(block.norm.weight, 0.5, 2)
    nn.init.normal_(block.norm.bias)
    return block


def outcome(run: Callable[[Tensor], Tensor], block: nn.Module) -> list[Tensor]:
    """Result, gradients and buffers after two steps."""
    torch.manual_seed(1)
    found = []
    for _ in range(2):
        x = torch.randn(2, 6, 8, 10, dtype=torch.float64, requires_grad=True)
        y = run(x)
        found += [y, *torch.autograd.grad(y.square().sum(), [x, *block.parameters()])]
    return [*found, *block.buffers()]


@pytest.mark.parametrize("momentum", [0.1, 0.5])
@pytest.mark.parametrize("training", [True, False])
def test_does_what_calling_the_block_does(training: bool, momentum: float) -> None:
    block = make_block().train(training)
    block.norm.momentum = momentum
    same = copy.deepcopy(block)
    torch.testing.assert_close(outcome(lambda x: run_block(same, x), same), outcome(block, block))


def watch_layer(block: nn.Sequential, seen: list[Tensor]) -> None:
    block.act.register_forward_hook(lambda layer, args, output: seen.append(output))


def watch_block(block: nn.Sequential, seen: list[Tensor]) -> None:
    block.register_forward_hook(lambda layer, args, output: seen.append(output))


@pytest.mark.parametrize("watch", [watch_layer, watch_block])
def test_hooks_see_what_they_watch(watch: Callable[[nn.Sequential, list[Tensor]], None]) -> None:
    block, seen = make_block(), []
    watch(block, seen)
    run_block(block, torch.randn(2, 6, 8, 10, dtype=torch.float64))
    assert len(seen) == 1


def parametrize_weight(block: nn.Sequential) -> None:
    weight_norm(block.project)


def another_norm(block: nn.Sequential) -> None:
    block.norm = nn.GroupNorm(2, 48).double()


def another_forward(block: nn.Sequential) -> None:
    block.act.forward = torch.tanh


def forget_statistics(block: nn.Sequential) -> None:
    block.norm = nn.BatchNorm2d(48, track_running_stats=False).double()


def average_statistics(block: nn.Sequential) -> None:
    block.norm.momentum = None


def leave_out_affine(block: nn.Sequential) -> None:
    block.norm = nn.BatchNorm2d(48, affine=False).double()


def another_activation(block: nn.Sequential) -> None:
    block.act = nn.GELU()


@pytest.mark.parametrize(
    "change",
    [
        parametrize_weight,
        another_norm,
        another_forward,
        forget_statistics,
        average_statistics,
        leave_out_affine,
        another_activation,
    ],
)
def test_what_somebody_made_of_a_block_is_run_as_it_stands(
    change: Callable[[nn.Sequential], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    block = make_block()
    change(block)
    same = copy.deepcopy(block)
    monkeypatch.setattr(nonlinear, "project_hidden", None)  # must not be called
    torch.testing.assert_close(outcome(lambda x: run_block(same, x), same), outcome(block, block))


def test_one_value_a_channel_is_refused_as_batch_norm_refuses_it() -> None:
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        run_block(make_block(), torch.zeros(1, 6, 2, 2, dtype=torch.float64))


def test_frozen_statistics_stay() -> None:
    block = make_block().train()
    block.norm.eval()
    before = copy.deepcopy(block.norm.state_dict())
    run_block(block, torch.randn(2, 6, 8, 10, dtype=torch.float64)).sum().backward()
    torch.testing.assert_close(block.norm.state_dict(), before, rtol=0, atol=0)


def test_functions_of_functions() -> None:
    """`torch.func` looks into PyTorch's own operations alone."""
    block = make_block().eval()
    x = torch.randn(2, 6, 8, 10, dtype=torch.float64)
    gradient = torch.func.grad(lambda x: run_block(block, x).square().sum())(x)
    wanted = torch.autograd.grad(block(x.requires_grad_()).square().sum(), x)[0]
    torch.testing.assert_close(gradient, wanted)
