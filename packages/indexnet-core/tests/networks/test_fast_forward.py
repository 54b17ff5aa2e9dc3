"""Running an index block by the memory-saving path must give the results of its layers."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.modules.module import register_module_forward_hook
from torch.nn.utils.parametrizations import weight_norm
from torch.utils.checkpoint import checkpoint

from indexnet_core import create_index_network
from indexnet_core.networks import fast_forward
from indexnet_core.networks.block import BlockOptions, ColumnConv2d, index_block
from indexnet_core.networks.fast_forward import run_block


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
def test_equals_calling_the_block(training: bool, momentum: float) -> None:
    block = make_block().train(training)
    block.norm.momentum = momentum
    same = copy.deepcopy(block)
    torch.testing.assert_close(outcome(lambda x: run_block(same, x), same), outcome(block, block))


def watch_layer(block: nn.Sequential, see: Callable[..., None]) -> Any:
    return block.act.register_forward_hook(see)


def watch_block(block: nn.Sequential, see: Callable[..., None]) -> Any:
    return block.register_forward_hook(see)


def watch_all(block: nn.Sequential, see: Callable[..., None]) -> Any:
    return register_module_forward_hook(lambda layer, *rest: see() if layer is block else None)


def watch_gradients(block: nn.Sequential, see: Callable[..., None]) -> Any:
    return block.project.register_full_backward_hook(see)


@pytest.mark.parametrize("watch", [watch_layer, watch_block, watch_all, watch_gradients])
def test_hooks_see_what_they_watch(watch: Callable[..., Any]) -> None:
    block, seen = make_block(), []
    handle = watch(block, lambda *args: seen.append(1))
    try:
        run_block(block, torch.randn(2, 6, 8, 10, dtype=torch.float64, requires_grad=True)).sum().backward()
    finally:
        handle.remove()
    assert seen == [1]


def parametrize_weight(block: nn.Sequential) -> None:
    weight_norm(block.project)


def another_norm(block: nn.Sequential) -> None:
    block.norm = nn.GroupNorm(2, 48).double()


def another_forward(block: nn.Sequential) -> None:
    block.act.forward = torch.tanh


class DerivedBatchNorm(nn.BatchNorm2d):
    """Computes its statistics in another way, as layers that are synchronised between processes do."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(2 * x + 1) + x.mean()


def derived_norm(block: nn.Sequential) -> None:
    block.norm.__class__ = DerivedBatchNorm


def forget_statistics(block: nn.Sequential) -> None:
    block.norm = nn.BatchNorm2d(48, track_running_stats=False).double()


def average_statistics(block: nn.Sequential) -> None:
    block.norm.momentum = None


def leave_out_affine(block: nn.Sequential) -> None:
    block.norm = nn.BatchNorm2d(48, affine=False).double()


def other_limits(block: nn.Sequential) -> None:
    block.act.max_val = 1.0


def add_bias(block: nn.Sequential) -> None:
    block.project.bias = nn.Parameter(torch.ones(24, dtype=torch.float64))


def stride(block: nn.Sequential) -> None:
    block.project.stride = (2, 2)


def another_activation(block: nn.Sequential) -> None:
    block.act = nn.GELU()


@pytest.mark.parametrize(
    "change",
    [
        parametrize_weight,
        another_norm,
        derived_norm,
        another_forward,
        forget_statistics,
        average_statistics,
        leave_out_affine,
        another_activation,
        other_limits,
        add_bias,
        stride,
    ],
)
def test_a_changed_block_is_run_layer_by_layer(
    change: Callable[[nn.Sequential], None],
) -> None:
    block = make_block()
    change(block)
    same = copy.deepcopy(block)
    torch.testing.assert_close(outcome(lambda x: run_block(same, x), same), outcome(block, block))


def too_narrow_norm(block: nn.Sequential) -> None:
    block.norm = nn.BatchNorm2d(24).double()


def too_narrow_projection(block: nn.Sequential) -> None:
    block.project = ColumnConv2d(24, 24, 1, columns=4).double()


def another_precision(block: nn.Sequential) -> None:
    block.norm.eval()
    block.project.float()


@pytest.mark.parametrize("change", [too_narrow_norm, too_narrow_projection, another_precision])
def test_layers_that_do_not_fit_are_refused_as_pytorch_refuses_them(
    change: Callable[[nn.Sequential], None],
) -> None:
    block = make_block()
    change(block)
    x = torch.randn(2, 6, 8, 10, dtype=torch.float64)
    with pytest.raises(RuntimeError) as wanted:
        block(x)
    with pytest.raises(RuntimeError) as got:
        run_block(block, x)
    assert str(got.value) == str(wanted.value)


def test_layers_are_called_without_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_forward, "project_hidden", None)  # must not be called
    block, x = make_block(), torch.randn(2, 6, 8, 10, dtype=torch.float64)
    with torch.no_grad():
        assert run_block(block, x).shape == (2, 24, 4, 5)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_slices_of_an_image_are_images(layout: torch.memory_format) -> None:
    """A shared network takes the same path; batch norm treats its slices as images."""
    network = create_index_network("o2o-shared-nl-c", 6).double().to(memory_format=layout)
    same = copy.deepcopy(network)

    def slices(x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        found = same.block(x.reshape(-1, 1, height, width))
        return found.unflatten(0, (batch, channels)).transpose(1, 2)

    got = outcome(lambda x: network.predict(x.contiguous(memory_format=layout)), network)
    torch.testing.assert_close(got, outcome(slices, same))


@pytest.mark.parametrize("name", ["hin-nl", "o2o-unshared-nl-c", "m2o-nl"])
@pytest.mark.parametrize("training", [True, False])
def test_no_images(name: str, training: bool) -> None:
    network = create_index_network(name, 6).train(training)
    logits = network.predict(torch.zeros(0, 6, 8, 8, requires_grad=True))
    assert logits.shape == (0, 4, 1 if name == "hin-nl" else 6, 4, 4)


def test_one_value_a_channel_is_refused_as_batch_norm_refuses_it() -> None:
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        run_block(make_block(), torch.zeros(1, 6, 2, 2, dtype=torch.float64))


def test_frozen_statistics_stay() -> None:
    block = make_block().train()
    block.norm.eval()
    before = copy.deepcopy(block.norm.state_dict())
    run_block(block, torch.randn(2, 6, 8, 10, dtype=torch.float64)).sum().backward()
    torch.testing.assert_close(block.norm.state_dict(), before, rtol=0, atol=0)


@pytest.mark.parametrize("training", [True, False])
def test_derivatives_of_every_kind(training: bool) -> None:
    """Second gradients, also under checkpointing, `torch.func` transforms, and forward mode."""
    block = make_block().train(training)
    block.norm.momentum = 0.0  # so that every run finds the same statistics
    x = torch.randn(2, 6, 8, 10, dtype=torch.float64, requires_grad=True)
    direction = torch.randn_like(x)

    def penalty(run: Callable[[Tensor], Tensor]) -> Tensor:
        gradient = torch.autograd.grad(run(x).square().sum(), x, create_graph=True)[0]
        return torch.autograd.grad(gradient.square().sum(), x)[0]

    def ours(x: Tensor) -> Tensor:
        return run_block(block, x)

    wanted = penalty(block)
    torch.testing.assert_close(penalty(ours), wanted)
    torch.testing.assert_close(penalty(lambda x: checkpoint(ours, x, use_reentrant=False)), wanted)

    gradient = torch.autograd.grad(block(x).sum(), x)[0]
    with forward_ad.dual_level():
        slope = forward_ad.unpack_dual(ours(forward_ad.make_dual(x, direction))).tangent
    assert slope is not None
    torch.testing.assert_close(slope.sum(), (gradient * direction).sum())
    if not training:  # it would change buffers, which `torch.func` forbids
        torch.testing.assert_close(torch.func.grad(lambda x: ours(x).sum())(x), gradient)
        slope = torch.func.jvp(ours, (x,), (direction,))[1]
        torch.testing.assert_close(slope.sum(), (gradient * direction).sum())
        several = torch.func.vmap(ours)(x.unsqueeze(1))
        torch.testing.assert_close(several.squeeze(1), block(x))
