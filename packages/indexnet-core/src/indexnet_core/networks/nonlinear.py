"""Running an index block: its layers one after another, or with one map kept where PyTorch allows it."""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.modules.module import _has_any_global_hook
from torch.nn.utils.parametrize import is_parametrized

from indexnet_core.fused.hidden import Statistics, project_hidden
from indexnet_core.modes import composite_only
from indexnet_core.networks.block import ColumnConv2d

__all__ = ["run_block", "run_nonlinear"]


def run_block(block: nn.Sequential, x: Tensor) -> Tensor:
    """Do what calling the block does, in less memory where it is nonlinear.

    Args:
        block: what `index_block` builds, or what somebody has made of it.
        x: feature map.

    Shape: (B, C, H, W) -> (B, D, H/k, W/k)
    """
    if type(block) is not nn.Sequential or len(block) != 4 or _is_watched(block):
        return block(x)
    conv, *nonlinear = block.children()
    return run_nonlinear(nonlinear, conv(x))


def run_nonlinear(layers: list[nn.Module], z: Tensor) -> Tensor:
    """Do what calling ``norm``, ``act`` and ``project`` does."""
    if not (_are_plain(layers) and _is_eager(z) and z.numel() > z.shape[1]):
        for layer in layers:
            z = layer(z)
        return z
    norm: Any = layers[0]
    project: Any = layers[2]
    return project_hidden(z, _statistics(norm, z), norm.weight, norm.bias, project.weight)


def _is_eager(z: Tensor) -> bool:
    """Whether it is up to us what is kept; compilers decide it themselves, a GPU was not measured."""
    return z.device.type == "cpu" and not torch.compiler.is_compiling() and not composite_only()


def _are_plain(layers: list[nn.Module]) -> bool:
    """Whether they are as `index_block` makes them, and nobody looks at what is between them."""
    if [type(layer) for layer in layers] != [nn.BatchNorm2d, nn.ReLU6, ColumnConv2d]:
        return False
    norm = cast(nn.BatchNorm2d, layers[0])
    usual = norm.affine and norm.track_running_stats and norm.momentum is not None
    return usual and not _has_any_global_hook() and not any(_is_watched(layer) for layer in layers)


def _is_watched(layer: nn.Module) -> bool:
    """Whether calling it does more than its class says."""
    hooks = (
        layer._forward_hooks,
        layer._forward_pre_hooks,
        layer._backward_hooks,
        layer._backward_pre_hooks,
    )
    return any(hooks) or "forward" in vars(layer) or is_parametrized(layer)


def _statistics(norm: Any, z: Tensor) -> Statistics:
    """Those of the map in training, after which batch norm remembers them; else those that it remembers."""
    if not norm.training:
        return Statistics(norm.running_mean, norm.running_var, norm.eps, of_batch=False)
    with torch.no_grad():
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked.add_(1)
        mean, variance = torch.batch_norm_update_stats(z, norm.running_mean, norm.running_var, norm.momentum)
    return Statistics(mean, variance, norm.eps, of_batch=True)
