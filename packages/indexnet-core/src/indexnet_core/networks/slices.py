"""One-to-one index networks on all slices at once, as grouped convolutions."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core.fused.layout import is_channels_last
from indexnet_core.networks.fast_forward import keeps_one_map, project_keeping_one

__all__ = ["predict_slices"]


def predict_slices(block: nn.Sequential, x: Tensor, k: int, repeat: int = 1) -> Tensor:
    """Run an index block in which every slice of a feature map has a group of its own.

    Args:
        block: what `index_block` builds for one slice, or for all C.
        x: feature map.
        k: side of a local region.
        repeat: C for a block of one slice that serves all of them, 1 for a block of all. Its batch norm then
            sees the slices of an image as so many images (Section 4.3.1).

    Shape: x (B, C, H, W) -> (B, k², C, H/k, W/k)
    """
    conv, *nonlinear = block.children()
    if is_channels_last(x) and not nonlinear:
        return _columns(conv, x, k, repeat)
    # One or two inputs a group are too few to fill a pixel's vector: every slice is worked on as a plane.
    z = _convolve(conv, x.contiguous(), repeat)
    if nonlinear:
        z = _run_hidden(nonlinear, z, repeat)
    positions = z.unflatten(1, (-1, k * k)).transpose(1, 2)
    if is_channels_last(x):  # each position's channels together, as the feature's are
        positions = positions.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)
    return positions


def _columns(conv: Any, x: Tensor, k: int, repeat: int) -> Tensor:
    """The linear network as one depthwise convolution for each position: quick in channels_last."""
    weights = conv.weight.repeat(repeat, 1, 1, 1).unflatten(0, (-1, k * k))
    columns = [F.conv2d(x, weight, stride=k, groups=x.shape[1]) for weight in weights.unbind(1)]
    return torch.cat(columns, 1).unflatten(1, (k * k, -1))


def _convolve(layer: Any, x: Tensor, repeat: int) -> Tensor:
    """A grouped convolution whose weights serve ``repeat`` times as many groups as they are for."""
    weight = layer.weight.repeat(repeat, 1, 1, 1)
    bias = None if layer.bias is None else layer.bias.repeat(repeat)
    return F.conv2d(x, weight, bias, layer.stride, layer.padding, groups=layer.groups * repeat)


def _run_hidden(layers: list[Any], z: Tensor, repeat: int) -> Tensor:
    norm, act, project = layers
    batch, hidden, *size = z.shape
    images = z if repeat == 1 else z.reshape(batch * repeat, hidden // repeat, *size)
    if keeps_one_map(layers, images):
        found = project_keeping_one(layers, images)
        return found if repeat == 1 else found.reshape(batch, -1, *size)
    return _convolve(project, act(norm(images).reshape(z.shape)), repeat)
