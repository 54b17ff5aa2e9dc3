"""The hidden layer of a nonlinear index block (Figs. 6 and 7), with one map saved for the backward pass.

Batch norm, ReLU6 and the second convolution read the widest map of an index network. As separate layers they
save it twice, and their backward passes copy it to other memory formats. Here the result of the first
convolution is saved once, and everything else is recomputed in blocks that fit the CPU's cache.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.fused.gradients import composite_gradients, gradients_of
from indexnet_core.fused.memory import blocks, empty_map

__all__ = ["Statistics", "project_hidden"]


class Statistics(NamedTuple):
    """The statistics that batch norm normalises with.

    Attributes:
        mean, variance: of every channel, (C,).
        epsilon: added to the variance.
        of_batch: whether they are computed from the map itself, so that its gradient depends on them.
    """

    mean: Tensor
    variance: Tensor
    epsilon: float
    of_batch: bool


def project_hidden(
    z: Tensor, statistics: Statistics, scale: Tensor, shift: Tensor, weight: Tensor, groups: int = 1
) -> Tensor:
    """Normalise a map, limit it to [0, 6] and convolve it by a 1×1 kernel.

    Sizes are not checked: the layers must fit each other.

    Args:
        z: result of the first convolution.
        statistics: mean and variance of its channels, without gradients.
        scale, shift: γ and β of batch norm, (C,).
        weight: of the second convolution, (D, C / groups, 1, 1), without a bias.
        groups: number of groups of the second convolution.

    Shape: (B, C, h, w) -> (B, D, h, w), in the precision of z

    >>> z, one = torch.randn(2, 8, 4, 4), torch.ones(8)
    >>> standard = Statistics(0 * one, one, epsilon=0.0, of_batch=False)
    >>> weight = torch.randn(3, 8, 1, 1)
    >>> result = project_hidden(z, standard, one, 0 * one, weight)
    >>> torch.allclose(result, F.conv2d(z.clamp(0, 6), weight), atol=1e-5)
    True
    """
    mean, variance, epsilon, of_batch = statistics
    given = (z, mean, variance, scale, shift, weight)
    result: Tensor = _ProjectHidden.apply(*given, epsilon, of_batch, groups)
    return result


class _ProjectHidden(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *given: Any) -> Tensor:
        z, mean, variance, scale, shift, weight, epsilon, ctx.of_batch, ctx.groups = given
        ctx.save_for_backward(z, mean, variance, scale, shift, weight)
        ctx.epsilon = epsilon
        line = _line(scale, shift, mean, variance + epsilon)
        return _project(z, line, weight, ctx.groups)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        z, mean, variance, scale, shift, weight = ctx.saved_tensors
        if composite_gradients(grad):
            # In training mode, batch norm would update the statistics passed to it.
            known = (None, None) if ctx.of_batch else (mean, variance)

            def literal_form(z: Tensor, scale: Tensor, shift: Tensor, weight: Tensor) -> list[Tensor]:
                norm = F.batch_norm(z, known[0], known[1], scale, shift, ctx.of_batch, eps=ctx.epsilon)
                return [F.conv2d(F.relu6(norm), weight.to(z.dtype), groups=ctx.groups)]

            wanted = (ctx.needs_input_grad[0], *ctx.needs_input_grad[3:6])
            gradients = gradients_of(literal_form, (z, scale, shift, weight), wanted, [grad])
        else:
            line = _line(scale, shift, mean, variance + ctx.epsilon)
            wants_weight = ctx.needs_input_grad[5]
            grad_z, total, moment, grad_weight = _project_backward(
                grad, z, mean, line, weight, ctx.groups, wants_weight
            )
            precision = _channels((variance + ctx.epsilon).rsqrt(), total.dtype)
            if ctx.of_batch:
                _through_statistics(grad_z, z, mean, line.slope, total, moment * precision**2)
            else:
                grad_z.mul_(line.slope)
            of_scale = (moment * precision).flatten().to(scale.dtype)
            gradients = [grad_z, of_scale, total.flatten().to(shift.dtype), grad_weight]
        of_z, *others = gradients
        return of_z, None, None, *others, None, None, None


class _Line(NamedTuple):
    """Batch norm as slope · z + offset, (1, C, 1, 1) each, in float32 at least."""

    slope: Tensor
    offset: Tensor


def _line(scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) -> _Line:
    wide = torch.promote_types(scale.dtype, torch.float32)
    slope = variance.to(wide).rsqrt() * scale
    return _Line(_channels(slope, wide), _channels(shift - mean * slope, wide))


def _channels(values: Tensor, dtype: torch.dtype) -> Tensor:
    return values.to(dtype).view(1, -1, 1, 1)


def _project(z: Tensor, line: _Line, weight: Tensor, groups: int) -> Tensor:
    kernel = _kernel(weight, z)
    result = empty_map(z, z.shape[2:], channels=len(weight))
    with torch.autocast(z.device.type, enabled=False):
        for here in blocks(z):
            hidden = torch.addcmul(line.offset, z[here].to(line.slope.dtype), line.slope).clamp_(0, 6)
            result[here] = _convolve_pixels(hidden.to(z.dtype), kernel, groups)
    return result


def _kernel(weight: Tensor, z: Tensor) -> Tensor:
    """A weight in the precision of z and contiguous, so that no call converts its memory format."""
    return weight.to(z.dtype).clone(memory_format=torch.contiguous_format)


def _project_backward(
    grad: Tensor, z: Tensor, mean: Tensor, line: _Line, weight: Tensor, groups: int, wants_weight: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """The normalised map's gradient g, the sums of g and of g · (z − μ), and the weight's gradient."""
    wide, kernel = line.slope.dtype, _kernel(weight, z)
    mean = _channels(mean, wide)
    result = torch.empty_like(z)
    grad_weight = torch.zeros_like(weight, dtype=wide) if wants_weight else None
    total, moment = torch.zeros_like(mean), torch.zeros_like(mean)
    for here in blocks(z):
        values = z[here].to(wide)
        normalized = torch.addcmul(line.offset, values, line.slope)
        hidden = normalized.clamp(0, 6).to(z.dtype)
        upper, of_weight = _convolve_pixels_backward(grad[here], hidden, kernel, groups, wants_weight)
        upper = torch.ops.aten.hardtanh_backward(upper.to(wide), normalized, 0, 6)
        result[here] = upper
        total += upper.sum((0, 2, 3), keepdim=True)
        moment += torch.sub(values, mean).mul_(upper).sum((0, 2, 3), keepdim=True)
        if grad_weight is not None and of_weight is not None:
            grad_weight += of_weight
    return result, total, moment, None if grad_weight is None else grad_weight.to(weight.dtype)


def _through_statistics(
    grad: Tensor, z: Tensor, mean: Tensor, slope: Tensor, total: Tensor, moment: Tensor
) -> None:
    """Turn the normalised map's gradient into that of z: γ/σ · (g − Σg/n − (z − μ)/σ² · Σg(z − μ)/n)."""
    count = z.numel() // z.shape[1]
    along = -slope * moment / count
    constant = -slope * total / count - along * _channels(mean, slope.dtype)
    for here in blocks(z):
        grad[here] = torch.addcmul(constant, z[here].to(slope.dtype), along).addcmul_(grad[here], slope)


def _convolve_pixels(x: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Convolve a block by a 1×1 kernel.

    If every group has one output, as in one-to-one networks, this is a sum of a few products of planes, which
    is faster than a convolution.

    Shape: x (B, C, h, w), weight (D, C / groups, 1, 1) -> (B, D, h, w)
    """
    if groups < len(weight):
        return F.conv2d(x, weight, groups=groups)
    first, *others = _planes(x, weight)
    result = torch.mul(*first)
    for values, factors in others:
        result.addcmul_(values, factors)
    return result


def _convolve_pixels_backward(
    grad: Tensor, x: Tensor, weight: Tensor, groups: int, wants_weight: bool
) -> tuple[Tensor, Tensor | None]:
    """The gradients of x and, if requested, of the weight."""
    if groups < len(weight):
        wanted = [True, wants_weight, False]
        of_x, of_weight, _ = torch.ops.aten.convolution_backward(
            grad, x, weight, None, [1, 1], [0, 0], [1, 1], False, [0, 0], groups, wanted
        )
        return of_x, of_weight
    of_x = torch.empty_like(x)
    sums = []
    for part, (values, factors) in zip(_parts(of_x, weight), _planes(x, weight)):
        torch.mul(grad, factors, out=part)
        if wants_weight:
            sums.append(torch.mul(grad, values).sum((0, 2, 3), dtype=_sum_type(x)))
    return of_x, torch.stack(sums, 1).view_as(weight) if wants_weight else None


def _planes(x: Tensor, weight: Tensor) -> list[tuple[Tensor, Tensor]]:
    """For each input of a group, yield its planes (B, D, h, w) in all groups and factors (1, D, 1, 1)."""
    factors = weight.flatten(1).unbind(1)
    return [(part, factor.view(1, -1, 1, 1)) for part, factor in zip(_parts(x, weight), factors)]


def _parts(x: Tensor, weight: Tensor) -> list[Tensor]:
    inputs = weight.shape[1]
    return [x[:, first::inputs] for first in range(inputs)]


def _sum_type(x: Tensor) -> torch.dtype:
    return torch.promote_types(x.dtype, torch.float32)
