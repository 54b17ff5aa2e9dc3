"""Run an index block; take a path that saves time or memory where the results are the same.

In training the hidden layer of a nonlinear block saves one map instead of three (`project_hidden`).
One-to-one networks process all feature slices at once, as grouped convolutions.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core.fused.hidden import Statistics, project_hidden
from indexnet_core.fused.memory import is_channels_last
from indexnet_core.hooks import is_customized
from indexnet_core.modes import composite_only
from indexnet_core.networks.block import ColumnConv2d

__all__ = ["predict_columns", "predict_slices", "run_block"]


def run_block(block: nn.Sequential, x: Tensor) -> Tensor:
    """Compute ``block(x)``; a nonlinear block takes less memory in training.

    Args:
        block: built by `index_block`, possibly modified afterwards.
        x: feature map.

    Shape: (B, C, H, W) -> (B, D, H/k, W/k)
    """
    if not _keeps_maps(x) or len(block) != 4 or type(block) is not nn.Sequential or is_customized(block):
        return block(x)
    conv, *layers = block
    z = conv(x)
    if _can_keep_one_map(layers, z):
        return _project_keeping_one_map(layers, z)
    for layer in layers:
        z = layer(z)
    return z


def predict_slices(block: nn.Sequential, x: Tensor, count: int, repeat: int = 1) -> Tensor:
    """Run an index block in which every slice of a feature map is a separate group.

    Args:
        block: built by `index_block` for one slice, or for all C.
        x: feature map.
        count: number of indices that the block predicts for a region of one slice.
        repeat: C if a block of one slice is shared by all slices, 1 for a block of all slices. The shared
            block's batch norm treats the C slices of each image as C images (Section 4.3.1).

    Shape: x (B, C, H, W) -> (B, count, C, H/k, W/k)
    """
    if not _reads_as_built(block):
        return _call_block(block, x, count, repeat)
    conv, *nonlinear = block.children()
    if is_channels_last(x) and not nonlinear:
        return _columns(conv, x, count, repeat)
    # One or two inputs per group are too few for channels_last: process every slice as a plane.
    z = _convolve(conv, x.contiguous(), repeat)
    if nonlinear:
        z = _run_hidden(nonlinear, z, repeat)
    positions = z.unflatten(1, (-1, count)).transpose(1, 2)
    if is_channels_last(x):  # in channels_last, like the feature
        positions = positions.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)
    return positions


def _reads_as_built(block: nn.Module) -> bool:
    """Whether the convolutions of a block may be replaced by others with the same weights.

    Not if they have hooks or parametrizations (pruning, spectral norm), or were wrapped or replaced.
    """
    if type(block) is not nn.Sequential or is_customized(block):
        return False
    layers = list(block.children())
    convolutions = layers[:1] + layers[1:][-1:]
    return all(type(layer) is ColumnConv2d and not is_customized(layer) for layer in convolutions)


def _call_block(block: nn.Module, x: Tensor, count: int, repeat: int) -> Tensor:
    """Call the block as it is; a shared one gets the slices of all images as images."""
    z = block(x if repeat == 1 else x.reshape(-1, 1, *x.shape[2:]))
    return z.reshape(x.shape[0], -1, count, *z.shape[2:]).transpose(1, 2)


def predict_columns(
    block: nn.Sequential, x: Tensor, count: int, repeat: int = 1
) -> tuple[Tensor, ...] | None:
    """`predict_slices` by depthwise convolutions, which are the grouped ones that runtimes compute fast.

    Args:
        block, x, count, repeat: as in `predict_slices`; batch norm must be folded.

    Shape: x (B, C, H, W) -> count times (B, C, H/k, W/k); None if the block has other layers or hooks
    """
    if not _reads_as_built(block):
        return None
    layers: list[Any] = list(block.children())
    conv, project = layers[0], layers[-1]
    if len(layers) == 1:
        return tuple(_depthwise(conv, x, p, count, repeat) for p in range(count))
    if len(layers) != 4 or not isinstance(layers[1], nn.Identity):
        return None
    columns = conv.weight.shape[0] * repeat // x.shape[1]
    hidden = [layers[2](_depthwise(conv, x, p, columns, repeat)) for p in range(columns)]
    inner = columns // count
    result = []
    for p in range(count):
        # Column p of a slice reads ``inner`` hidden columns of that slice.
        parts = [
            F.conv2d(
                hidden[p * inner + i],
                project.weight[p::count, i : i + 1].repeat(repeat, 1, 1, 1),
                groups=x.shape[1],
            )
            for i in range(inner)
        ]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        result.append(total)
    return tuple(result)


def _depthwise(conv: Any, x: Tensor, column: int, columns: int, repeat: int) -> Tensor:
    """One column of every slice, of a grouped convolution with several columns a slice."""
    weight = conv.weight[column::columns].repeat(repeat, 1, 1, 1)
    bias = None if conv.bias is None else conv.bias[column::columns].repeat(repeat)
    return F.conv2d(x, weight, bias, conv.stride, conv.padding, groups=x.shape[1])


def _columns(conv: Any, x: Tensor, count: int, repeat: int) -> Tensor:
    """The linear network as one depthwise convolution for each position: fast in channels_last."""
    weights = conv.weight.repeat(repeat, 1, 1, 1).unflatten(0, (-1, count))
    columns = [F.conv2d(x, weight, stride=conv.stride, groups=x.shape[1]) for weight in weights.unbind(1)]
    return torch.cat(columns, 1).unflatten(1, (count, -1))


def _convolve(layer: Any, x: Tensor, repeat: int) -> Tensor:
    """A grouped convolution with its weights repeated for ``repeat`` times as many groups."""
    weight = layer.weight.repeat(repeat, 1, 1, 1)
    bias = None if layer.bias is None else layer.bias.repeat(repeat)
    return F.conv2d(x, weight, bias, layer.stride, layer.padding, groups=layer.groups * repeat)


def _run_hidden(layers: list[Any], z: Tensor, repeat: int) -> Tensor:
    norm, act, project = layers
    batch, hidden, *size = z.shape
    images = z if repeat == 1 else z.reshape(batch * repeat, hidden // repeat, *size)
    if _can_keep_one_map(layers, images):
        projected = _project_keeping_one_map(layers, images)
        return projected if repeat == 1 else projected.reshape(batch, -1, *size)
    return _convolve(project, act(norm(images).reshape(z.shape)), repeat)


def _can_keep_one_map(layers: list[nn.Module], z: Tensor) -> bool:
    """Whether `_project_keeping_one_map` gives the results of the three layers and saves memory."""
    return _keeps_maps(z) and z.requires_grad and _are_as_built(layers) and _fit(layers, z)


def _project_keeping_one_map(layers: list[nn.Module], z: Tensor) -> Tensor:
    """Normalise, clip and project the first convolution's result, the only map that is saved."""
    norm: Any = layers[0]
    project: Any = layers[2]
    statistics = _statistics(norm, z)
    return project_hidden(z, statistics, norm.weight, norm.bias, project.weight, project.groups)


def _keeps_maps(x: Tensor) -> bool:
    """True when autograd saves activations on the CPU. On a GPU the saving was not measured."""
    if torch.compiler.is_compiling() or composite_only():
        return False
    return torch.is_grad_enabled() and x.device.type == "cpu"


def _are_as_built(layers: list[nn.Module]) -> bool:
    """Whether the layers are as built by `index_block`, without hooks that read the maps between them."""
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
    """Whether the layers accept this map; if not, calling them raises their own errors."""
    norm: Any = layers[0]
    project: Any = layers[2]
    widths = {z.shape[1], norm.num_features, len(norm.running_mean), project.in_channels}
    tensors = (norm.weight, norm.bias, norm.running_mean, norm.running_var, project.weight)
    return (
        z.ndim == 4
        and z.numel() > z.shape[1]  # batch norm needs several values per channel
        and len(widths) == 1
        and {tensor.device for tensor in tensors} == {z.device}
        and {tensor.dtype for tensor in tensors} == {_precision_of_weights(z)}
    )


def _precision_of_weights(z: Tensor) -> torch.dtype | None:
    """The precision of the layers for this map: the map's own, or float32 if autocast produced it."""
    if not torch.is_autocast_enabled(z.device.type):
        return z.dtype
    return torch.float32 if z.dtype == torch.get_autocast_dtype(z.device.type) else None


def _statistics(norm: Any, z: Tensor) -> Statistics:
    """The map's statistics in training, which also update the running ones; otherwise the running ones."""
    if not norm.training:
        return Statistics(norm.running_mean, norm.running_var, norm.eps, of_batch=False)
    with torch.no_grad():
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked.add_(1)
        mean, variance = torch.batch_norm_update_stats(z, norm.running_mean, norm.running_var, norm.momentum)
    return Statistics(mean, variance, norm.eps, of_batch=True)
