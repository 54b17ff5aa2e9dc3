"""The hidden layer that saves one map, compared with batch norm, ReLU6 and a convolution."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from indexnet_core.fused import memory as blocks
from indexnet_core.fused.hidden import Statistics, project_hidden

EPSILON = 1e-3
LAYOUTS = [torch.contiguous_format, torch.channels_last]


def statistics_of(z: Tensor, of_batch: bool) -> Statistics:
    if not of_batch:
        channels = torch.arange(z.shape[1], dtype=z.dtype)
        return Statistics(channels / 4, 1 + channels, EPSILON, of_batch=False)
    variance, mean = torch.var_mean(z.detach(), (0, 2, 3), correction=0)
    return Statistics(mean, variance, EPSILON, of_batch=True)


def layers(z: Tensor, scale: Tensor, shift: Tensor, weight: Tensor, of_batch: bool) -> Tensor:
    mean, variance, *_ = statistics_of(z, of_batch)
    fixed = (None, None) if of_batch else (mean, variance)
    hidden = F.relu6(F.batch_norm(z, *fixed, scale, shift, training=of_batch, eps=EPSILON))
    return F.conv2d(hidden, weight, groups=z.shape[1] // weight.shape[1])


def fused_layers(z: Tensor, scale: Tensor, shift: Tensor, weight: Tensor, of_batch: bool) -> Tensor:
    groups = z.shape[1] // weight.shape[1]
    return project_hidden(z, statistics_of(z, of_batch), scale, shift, weight, groups)


def inputs(
    groups: int,
    outputs: int = 12,
    dtype: torch.dtype = torch.float64,
    layout: torch.memory_format = torch.contiguous_format,
) -> list[Tensor]:
    """Values on both sides of both limits of ReLU6."""
    torch.manual_seed(0)
    z = (2 + 3 * torch.randn(3, 8, 5, 6, dtype=dtype)).contiguous(memory_format=layout)
    scale, shift = 3 + torch.rand(8, dtype=dtype), 1 + torch.rand(8, dtype=dtype)
    weight = torch.randn(outputs, 8 // groups, 1, 1, dtype=dtype)
    return [tensor.requires_grad_() for tensor in (z, scale, shift, weight)]


@pytest.mark.parametrize("size", [1, 100, 2**18])
@pytest.mark.parametrize(("groups", "outputs"), [(1, 12), (4, 12), (4, 4), (8, 8)])
@pytest.mark.parametrize(("of_batch", "layout"), list(product([True, False], LAYOUTS)))
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_equals_the_layers_whatever_the_blocks(
    groups: int,
    outputs: int,
    of_batch: bool,
    layout: torch.memory_format,
    dtype: torch.dtype,
    tolerance: float,
    size: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocks, "_SIZE", size)
    given = inputs(groups, outputs, dtype, layout)
    fused = fused_layers(*given, of_batch)
    literal = layers(*given, of_batch)
    close = {"atol": tolerance, "rtol": 10 * tolerance}
    torch.testing.assert_close(fused, literal, **close)
    assert fused.is_contiguous(memory_format=layout)
    upper = torch.randn_like(literal)
    got, wanted = (torch.autograd.grad(result, given, upper) for result in (fused, literal))
    torch.testing.assert_close(got, wanted, **close)


@pytest.mark.parametrize("of_batch", [True, False])
def test_gradients_and_their_gradients(of_batch: bool) -> None:
    given = inputs(4)

    def function(z: Tensor, scale: Tensor, shift: Tensor, weight: Tensor) -> Tensor:
        return fused_layers(z, scale, shift, weight, of_batch)

    assert gradcheck(function, given)
    assert gradgradcheck(function, given)


@pytest.mark.parametrize("groups", [1, 8])
def test_only_wanted_gradients_of_weights(groups: int) -> None:
    z, scale, shift, weight = inputs(groups, outputs=8)
    some = fused_layers(z, scale.detach(), shift, weight.detach(), of_batch=True)
    alone = torch.autograd.grad(some.sum(), (z, shift))
    wanted = torch.autograd.grad(layers(z, scale, shift, weight, of_batch=True).sum(), (z, shift))
    torch.testing.assert_close(alone, wanted)


@pytest.mark.parametrize("of_batch", [True, False])
def test_gradients_of_several_functions_at_once(of_batch: bool) -> None:
    given = inputs(4)
    fused, literal = fused_layers(*given, of_batch), layers(*given, of_batch)
    uppers = torch.randn(3, *literal.shape, dtype=literal.dtype)
    got = torch.autograd.grad(fused, given, uppers, is_grads_batched=True)
    wanted = [torch.autograd.grad(literal, given, upper, retain_graph=True) for upper in uppers]
    torch.testing.assert_close(got, tuple(torch.stack(several) for several in zip(*wanted)))


def test_statistics_must_not_change_before_the_backward_pass() -> None:
    z, *weights = inputs(4)
    statistics = statistics_of(z, of_batch=False)
    result = project_hidden(z, statistics, *weights, groups=4)
    statistics.variance.mul_(4)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        result.sum().backward()


@pytest.mark.parametrize("outputs", [4, 12])
def test_half_precision_is_for_what_is_stored(outputs: int) -> None:
    """As under autocast: a bfloat16 map beside float32 weights; the statistics are not rounded."""
    z, *weights = inputs(4, outputs, torch.float32)
    half = z.detach().bfloat16().requires_grad_()
    statistics = statistics_of(half.float(), of_batch=True)
    with torch.autocast("cpu", torch.bfloat16):
        result = project_hidden(half, statistics, *weights, groups=4)
    exact = layers(half.float(), *weights, of_batch=True)
    assert result.dtype == torch.bfloat16
    torch.testing.assert_close(result.float(), exact, atol=0.1, rtol=0.02)
    upper = torch.randn_like(exact)
    got = torch.autograd.grad(result, [half, *weights], upper.bfloat16())
    wanted = torch.autograd.grad(exact, [half, *weights], upper)
    assert [gradient.dtype for gradient in got] == [torch.bfloat16, *[torch.float32] * 3]
    for ours, theirs in zip(got, wanted):
        assert (ours - theirs).norm() < 0.02 * theirs.norm()


def test_one_map_is_kept() -> None:
    """No other tensor as large as z is saved for the backward pass."""
    saved: list[Tensor] = []
    given = inputs(4)

    def pack(tensor: Tensor) -> Tensor:
        saved.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        fused_layers(*given, of_batch=True)
    large = [tensor for tensor in saved if tensor.numel() >= given[0].numel()]
    assert len(large) == 1
    assert large[0].data_ptr() == given[0].data_ptr()
