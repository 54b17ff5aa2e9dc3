"""1×1 convolutions of blocks, with few or with many groups."""

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["convolve_pixels", "convolve_pixels_backward"]


def convolve_pixels(x: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Convolve by a 1×1 kernel.

    Where every group has one output, as in one-to-one networks, it is a sum of few products of planes, and
    a convolution's preparations would take longer than that.

    Shape: x (B, C, h, w), weight (D, C / groups, 1, 1) -> (B, D, h, w)
    """
    if groups < len(weight):
        return F.conv2d(x, weight, groups=groups)
    first, *others = _planes(x, weight)
    result = torch.mul(*first)
    for values, factors in others:
        result.addcmul_(values, factors)
    return result


def convolve_pixels_backward(
    grad: Tensor, x: Tensor, weight: Tensor, groups: int, wants_weight: bool
) -> tuple[Tensor, Tensor | None]:
    """Give the gradients of x and, if it is wanted, of the weight."""
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
    """Of every input of a group the planes (B, D, h, w) of all groups and their factors (1, D, 1, 1)."""
    factors = weight.flatten(1).unbind(1)
    return [(part, factor.view(1, -1, 1, 1)) for part, factor in zip(_parts(x, weight), factors)]


def _parts(x: Tensor, weight: Tensor) -> list[Tensor]:
    inputs = weight.shape[1]
    return [x[:, first::inputs] for first in range(inputs)]


def _sum_type(x: Tensor) -> torch.dtype:
    return torch.promote_types(x.dtype, torch.float32)
