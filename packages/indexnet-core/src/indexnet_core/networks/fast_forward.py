"""Running an index block: its layers one after another, or with one map kept where nobody could tell."""

from typing import Any

import torch
from torch import Tensor, nn

from indexnet_core.fused.hidden import Statistics, project_hidden
from indexnet_core.modes import composite_only, is_customized
from indexnet_core.networks.block import ColumnConv2d

__all__ = ["keeps_one_map", "project_keeping_one", "run_block"]


def run_block(block: nn.Sequential, x: Tensor) -> Tensor:
    """Do what calling the block does; in training in less memory, where it is nonlinear.

    Args:
        block: what `index_block` builds, or what somebody has made of it.
        x: feature map.

    Shape: (B, C, H, W) -> (B, D, H/k, W/k)
    """
    if not _keeps_maps(x) or len(block) != 4 or type(block) is not nn.Sequential or is_customized(block):
        return block(x)
    conv, *layers = block
    z = conv(x)
    if keeps_one_map(layers, z):
        return project_keeping_one(layers, z)
    for layer in layers:
        z = layer(z)
    return z


def keeps_one_map(layers: list[nn.Module], z: Tensor) -> bool:
    """Whether `project_keeping_one` does what calling ``norm``, ``act`` and ``project`` does, and pays."""
    return _keeps_maps(z) and z.requires_grad and _are_as_built(layers) and _fit(layers, z)


def project_keeping_one(layers: list[nn.Module], z: Tensor) -> Tensor:
    """Normalise, limit and project what the first convolution gives, of which alone a map is kept."""
    norm: Any = layers[0]
    project: Any = layers[2]
    statistics = _statistics(norm, z)
    return project_hidden(z, statistics, norm.weight, norm.bias, project.weight, project.groups)


def _keeps_maps(x: Tensor) -> bool:
    """Whether maps are kept for gradients, and what is kept is up to us. A GPU was not measured."""
    if torch.compiler.is_compiling() or composite_only():
        return False
    return torch.is_grad_enabled() and x.device.type == "cpu"


def _are_as_built(layers: list[nn.Module]) -> bool:
    """Whether they do what those of `index_block` do, and nobody looks at what is between them."""
    if [type(layer) for layer in layers] != [nn.BatchNorm2d, nn.ReLU6, ColumnConv2d]:
        return False
    norm: Any
    act: Any
    project: Any
    norm, act, project = layers
    usual = norm.affine and norm.track_running_stats and None not in (norm.momentum, norm.running_mean)
    limits = (act.min_val, act.max_val)
    shape = (project.kernel_size, project.stride, project.padding, project.dilation, project.bias)
    plain = limits == (0, 6) and shape == ((1, 1), (1, 1), (0, 0), (1, 1), None)
    return bool(usual and plain) and not any(is_customized(layer) for layer in layers)


def _fit(layers: list[nn.Module], z: Tensor) -> bool:
    """Whether they take this map; the layers themselves say best why not."""
    norm: Any = layers[0]
    project: Any = layers[2]
    widths = {z.shape[1], norm.num_features, len(norm.running_mean), project.in_channels}
    tensors = (norm.weight, norm.bias, norm.running_mean, norm.running_var, project.weight)
    return (
        z.ndim == 4
        and z.numel() > z.shape[1]  # batch norm refuses one value a channel
        and len(widths) == 1
        and {tensor.device for tensor in tensors} == {z.device}
        and {tensor.dtype for tensor in tensors} == {_precision_of_weights(z)}
    )


def _precision_of_weights(z: Tensor) -> torch.dtype | None:
    """What weights beside this map have: its own, or float32 where autocast has made it of half precision."""
    if not torch.is_autocast_enabled(z.device.type):
        return z.dtype
    return torch.float32 if z.dtype == torch.get_autocast_dtype(z.device.type) else None


def _statistics(norm: Any, z: Tensor) -> Statistics:
    """Those of the map in training, after which batch norm remembers them; else those that it remembers."""
    if not norm.training:
        return Statistics(norm.running_mean, norm.running_var, norm.eps, of_batch=False)
    with torch.no_grad():
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked.add_(1)
        mean, variance = torch.batch_norm_update_stats(z, norm.running_mean, norm.running_var, norm.momentum)
    return Statistics(mean, variance, norm.eps, of_batch=True)
