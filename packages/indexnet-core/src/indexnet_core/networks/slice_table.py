"""The weights of a one-to-one block as the table of `fused.slices`."""

from typing import Any

import torch
from torch import Tensor, nn

from indexnet_core.fused.slices import region_moments
from indexnet_core.hooks import is_customized
from indexnet_core.networks.block import ColumnConv2d

__all__ = ["slice_table"]


def slice_table(block: nn.Module, x: Tensor) -> Tensor | None:
    """Lay out the weights of an index block that processes every slice of a feature map separately.

    Args:
        block: built by `index_block` for one slice, or for all C; possibly modified afterwards.
        x: the feature map that it will process, for which `fused.can_fuse` is true.

    Returns:
        The table (rows, 1) or (rows, C) with gradients to the weights and, in training, through the
        statistics of batch norm to x; None if the block is not as built, or has another kernel than 2 × 2
        ("weak context").
    """
    layers: list[Any] = list(block.children())
    if type(block) is not nn.Sequential or any(map(is_customized, [block, *layers])):
        return None
    if len(layers) == 1 and _is_first(layers[0]):
        return _rows(layers[0].weight, layers[0].groups)
    if len(layers) != 4 or not _is_first(layers[0], bias=None):
        return None
    conv, norm, act, project = layers
    wanted = (nn.ReLU6, ColumnConv2d)
    if (type(act), type(project)) != wanted or project.bias is not None or project.weight.shape[2:] != (1, 1):
        return None
    scaling = _scaling(conv, norm, x)
    if scaling is None:
        return None
    slope, offset = scaling
    first = conv.weight * slope.view(-1, 1, 1, 1)
    return torch.cat([_rows(part, conv.groups) for part in (first, offset, project.weight)])


def _is_first(conv: Any, bias: bool | None = False) -> bool:
    """Whether this is the first convolution of a block, with any bias if ``bias`` is None."""
    if type(conv) is not ColumnConv2d or (bias is not None and (conv.bias is not None) != bias):
        return False
    shape = (conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.columns)
    return shape == ((2, 2), (2, 2), (0, 0), (1, 1), 4) and conv.weight.shape[1] == 1


def _scaling(conv: Any, norm: Any, x: Tensor) -> tuple[Tensor, Tensor] | None:
    """The slope and offset of every hidden unit, from batch norm, which may have been folded into a bias."""
    if type(norm) is nn.Identity and conv.bias is not None:
        return torch.ones_like(conv.bias), conv.bias
    usual = type(norm) is nn.BatchNorm2d and conv.bias is None
    if not usual or None in (norm.weight, norm.running_mean, norm.momentum):
        return None
    mean: Tensor = norm.running_mean
    variance: Tensor = norm.running_var
    if norm.training:
        mean, variance = _statistics(conv, norm, x)
    slope = norm.weight * (variance + norm.eps).rsqrt()
    return slope, norm.bias - mean * slope


def _statistics(conv: Any, norm: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of every hidden unit over the batch; also updates the running ones.

    A hidden unit is a weighted sum of the values of a region, so that its moments follow from theirs. For a
    shared block the C slices of each image count as C images (Section 4.3.1).
    """
    means, products = region_moments(x)
    count = x.numel() // 4
    if conv.groups == 1:
        means, products = means.mean(0, keepdim=True), products.mean(0, keepdim=True)
    else:
        count //= x.shape[1]
    weight = conv.weight.double().flatten(1).unflatten(0, (conv.groups, -1))  # (slices, units, 4)
    covariance = products - means.unsqueeze(2) * means.unsqueeze(1)
    mean = torch.einsum("sup,sp->su", weight, means).flatten()
    variance = torch.einsum("sup,spq,suq->su", weight, covariance, weight).flatten().clamp(min=0)
    with torch.no_grad():
        norm.num_batches_tracked.add_(1)
        norm.running_mean.lerp_(mean.to(norm.running_mean.dtype), norm.momentum)
        unbiased = variance * (count / max(1, count - 1))
        norm.running_var.lerp_(unbiased.to(norm.running_var.dtype), norm.momentum)
    return mean.to(norm.weight.dtype), variance.to(norm.weight.dtype)


def _rows(weight: Tensor, slices: int) -> Tensor:
    """Weights ordered by slice, then by position, unit and input, with a column for each slice."""
    return weight.reshape(slices, -1).t()
