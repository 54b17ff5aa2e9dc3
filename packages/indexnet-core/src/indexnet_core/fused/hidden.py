"""The hidden layer of a nonlinear index block (Figs. 6 and 7), of which one map is kept.

Batch norm, ReLU6 and the second convolution work on the widest map of an index network. As layers they keep
it twice, and go back through copies of it in other memory formats. Here it is kept once, as the first
convolution made it, and everything else is computed anew in blocks that fit the processor's cache.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.fused.blocks import blocks
from indexnet_core.fused.layout import empty_map

__all__ = ["Statistics", "project_hidden"]


class Statistics(NamedTuple):
    """What batch norm normalises with.

    Attributes:
        mean, variance: of every channel, (C,).
        epsilon: added to the variance.
        of_batch: whether they are those of the map itself, so that its gradient goes through them.
    """

    mean: Tensor
    variance: Tensor
    epsilon: float
    of_batch: bool


def project_hidden(z: Tensor, statistics: Statistics, scale: Tensor, shift: Tensor, weight: Tensor) -> Tensor:
    """Normalise a map, limit it to [0, 6] and convolve it by a 1×1 kernel.

    Args:
        z: what the first convolution gives.
        statistics: of its channels.
        scale, shift: γ and β of batch norm, (C,).
        weight: of the second convolution, (D, C / groups, 1, 1), without a bias.

    Shape: (B, C, h, w) -> (B, D, h, w), in the precision of z

    >>> z, one = torch.randn(2, 8, 4, 4), torch.ones(8)
    >>> standard = Statistics(0 * one, one, epsilon=0.0, of_batch=False)
    >>> weight = torch.randn(3, 8, 1, 1)
    >>> result = project_hidden(z, standard, one, 0 * one, weight)
    >>> torch.allclose(result, F.conv2d(z.clamp(0, 6), weight), atol=1e-5)
    True
    """
    result: Tensor = _ProjectHidden.apply(z, scale, shift, weight, statistics)
    return result


class _ProjectHidden(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, z: Tensor, scale: Tensor, shift: Tensor, weight: Tensor, statistics: Statistics
    ) -> Tensor:
        ctx.save_for_backward(z, scale, shift, weight)
        ctx.statistics = statistics
        return _project(z, scale, shift, weight, statistics)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():  # a gradient of this gradient is wanted
            return *_literal_gradients(ctx, grad), None
        z, scale, shift, weight = ctx.saved_tensors
        return *_project_backward(grad, z, scale, shift, weight, ctx.statistics), None


def _project(z: Tensor, scale: Tensor, shift: Tensor, weight: Tensor, statistics: Statistics) -> Tensor:
    slope, offset = _line(scale, shift, statistics)
    weight, groups = weight.to(z.dtype), z.shape[1] // weight.shape[1]
    result = empty_map(z, z.shape[2:], channels=len(weight))
    with torch.autocast(z.device.type, enabled=False):
        for here in blocks(z):
            hidden = torch.addcmul(offset, z[here].to(slope.dtype), slope).clamp_(0, 6)
            result[here] = F.conv2d(hidden.to(z.dtype), weight, groups=groups)
    return result


def _project_backward(
    grad: Tensor, z: Tensor, scale: Tensor, shift: Tensor, weight: Tensor, statistics: Statistics
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    slope, offset = _line(scale, shift, statistics)
    mean = _per_channel(statistics.mean, slope)
    cast, groups = weight.to(z.dtype), z.shape[1] // weight.shape[1]
    grad_z = torch.empty_like(z)
    grad_weight = torch.zeros_like(weight, dtype=slope.dtype)
    # Of the gradient that reaches the normalised map, and of its product with the centred map.
    total, moment = torch.zeros_like(slope), torch.zeros_like(slope)
    for here in blocks(z):
        values = z[here].to(slope.dtype)
        normalized = torch.addcmul(offset, values, slope)
        hidden = normalized.clamp(0, 6).to(z.dtype)
        upper, of_weight, _ = torch.ops.aten.convolution_backward(
            grad[here], hidden, cast, None, [1, 1], [0, 0], [1, 1], False, [0, 0], groups, [True, True, False]
        )
        upper = torch.ops.aten.hardtanh_backward(upper.to(slope.dtype), normalized, 0, 6)
        grad_weight += of_weight
        total += upper.sum((0, 2, 3), keepdim=True)
        moment += torch.sub(values, mean).mul_(upper).sum((0, 2, 3), keepdim=True)
        grad_z[here] = upper
    precision = _per_channel(statistics.variance, slope).add(statistics.epsilon).reciprocal()
    _through_statistics(grad_z, z, slope, mean, total, moment * precision, statistics.of_batch)
    of_scale = (moment * precision.sqrt()).flatten().to(scale.dtype)
    return grad_z, of_scale, total.flatten().to(shift.dtype), grad_weight.to(weight.dtype)


def _through_statistics(
    grad: Tensor, z: Tensor, slope: Tensor, mean: Tensor, total: Tensor, moment: Tensor, of_batch: bool
) -> None:
    """Go back from the normalised map to z, in place; γ/σ · (g − Σg/n − (z − μ)/σ² · Σg(z − μ)/n)."""
    if not of_batch:
        grad.mul_(slope)
        return
    count = z.numel() // z.shape[1]
    along = -slope * moment / count
    constant = -slope * total / count - along * mean
    for here in blocks(z):
        grad[here] = torch.addcmul(constant, z[here].to(slope.dtype), along).addcmul_(grad[here], slope)


def _line(scale: Tensor, shift: Tensor, statistics: Statistics) -> tuple[Tensor, Tensor]:
    """Batch norm as a · z + b for every channel: (1, C, 1, 1) each, in float32 at least."""
    mean, variance, epsilon, _ = statistics
    wide = torch.promote_types(scale.dtype, torch.float32)
    slope = (variance.to(wide) + epsilon).rsqrt() * scale
    return slope.view(1, -1, 1, 1), (shift - mean * slope).view(1, -1, 1, 1)


def _per_channel(values: Tensor, like: Tensor) -> Tensor:
    return values.to(like.dtype).view(1, -1, 1, 1)


def _literal_gradients(ctx: Any, grad: Tensor) -> list[Tensor | None]:
    """Differentiable gradients of those inputs that want one."""
    z, scale, shift, weight = ctx.saved_tensors
    mean, variance, epsilon, of_batch = ctx.statistics
    # Batch norm would update those that it is given for training.
    mean, variance = (None, None) if of_batch else (mean, variance)
    hidden = F.relu6(F.batch_norm(z, mean, variance, scale, shift, training=of_batch, eps=epsilon))
    result = F.conv2d(hidden, weight.to(z.dtype), groups=z.shape[1] // weight.shape[1])
    wanted = ctx.needs_input_grad[:4]
    inputs = [tensor for tensor, needed in zip(ctx.saved_tensors, wanted) if needed]
    found = iter(torch.autograd.grad(result, inputs, grad, create_graph=True))
    return [next(found) if needed else None for needed in wanted]
