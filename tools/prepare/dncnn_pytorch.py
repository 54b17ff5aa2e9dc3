"""Read a DnCNN that PyTorch stored, as several implementations name and build it.

The names of the layers differ (``module.dncnn.0``, ``model.0``), and so do the biases: batch norm after the
middle convolutions makes theirs superfluous, and some have none in the first and last layer either. Batch
norm may have been folded into the convolutions already. Here it is folded, and missing biases are zero.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from indexnet_engine.errors import UserError, shortened
from indexnet_engine.weights.state_dicts import read_state_dict
from tools.prepare.dncnn_layers import Convolution, check_chain

__all__ = ["DEPTHS", "EPS", "fold", "read_pytorch"]

EPS = 1e-5
"""PyTorch's default, which is added to the variances; files do not hold it."""

DEPTHS = (17, 20)
"""Networks for one noise level and blind ones (Zhang et al. 2017). Others with names like these, such as
IRCNN's seven, have dilated convolutions, which their weights do not show."""

_STATISTICS = ("running_mean", "running_var")
_PARTS = {"weight", "bias", *_STATISTICS, "num_batches_tracked"}


def read_pytorch(path: Path, eps: float = EPS) -> list[Convolution]:
    """Read the convolutions, with batch norm folded in.

    Args:
        path: file of ``torch.save`` or safetensors; nothing in it is executed.
        eps: that of the batch norm in the training.

    Raises:
        UserError: the file cannot be read, or does not hold the layers of a DnCNN.
    """
    convolutions, norms = _layers(read_state_dict(path), path)
    middle = len(convolutions) - 2
    check_chain(convolutions, path)
    if len(convolutions) not in DEPTHS:
        expected = " or ".join(map(str, DEPTHS))
        raise UserError(f"{path}: {len(convolutions)} convolutions; a DnCNN has {expected}")
    if norms and len(norms) != middle:
        raise UserError(
            f"{path}: {len(norms)} batch norms; expected {middle}, between the convolutions, or none"
        )
    for number, norm in enumerate(norms, 1):
        _check_norm(norm, len(convolutions[number].weight), f"{path}: batch norm {number}")
        convolutions[number] = fold(convolutions[number], norm, eps)
    return convolutions


def fold(layer: Convolution, norm: dict[str, Tensor], eps: float) -> Convolution:
    """Fold a batch norm in evaluation mode into the convolution before it.

    Args:
        layer: the convolution.
        norm: ``running_mean`` and ``running_var``, perhaps ``weight`` and ``bias``, each (out,).
        eps: added to the variances.
    """
    mean, variance = (norm[name].double() for name in _STATISTICS)
    scale = norm.get("weight", torch.ones_like(mean)).double() / (variance + eps).sqrt()
    shift = norm.get("bias", torch.zeros_like(mean)).double()
    weight = layer.weight.double() * scale[:, None, None, None]
    return Convolution(weight.float(), ((layer.bias.double() - mean) * scale + shift).float())


def _layers(tensors: dict[str, Tensor], path: Path) -> tuple[list[Convolution], list[dict[str, Tensor]]]:
    """Sort the tensors into convolutions and batch norms, each in order."""
    modules: dict[str, dict[str, Tensor]] = defaultdict(dict)
    for name, tensor in tensors.items():
        module, _, part = name.rpartition(".")
        if part not in _PARTS:
            raise UserError(f"{path}: {name} belongs to no layer of a DnCNN")
        modules[module][part] = tensor
    norms = [name for name, parts in modules.items() if parts.keys() >= set(_STATISTICS)]
    convolutions = [name for name in modules if name not in norms]
    for name in convolutions:
        weight = modules[name].get("weight")
        if weight is None or weight.ndim != 4 or not modules[name].keys() <= {"weight", "bias"}:
            shapes = {part: tuple(tensor.shape) for part, tensor in modules[name].items()}
            raise UserError(f"{path}: {name} is no layer of a DnCNN: {shapes}")
    return (
        [_convolution(modules[name]) for name in _in_order(convolutions, path)],
        [modules[name] for name in _in_order(norms, path)],
    )


def _check_norm(norm: dict[str, Tensor], width: int, name: str) -> None:
    for part, values in norm.items():
        if part != "num_batches_tracked" and values.shape != (width,):
            raise UserError(f"{name} has {part} {tuple(values.shape)}; expected ({width},)")


def _convolution(parts: dict[str, Tensor]) -> Convolution:
    weight = parts["weight"].float()
    return Convolution(weight, parts.get("bias", torch.zeros(len(weight))).float())


def _in_order(names: Iterable[str], path: Path) -> list[str]:
    """Sort by the numbers in the names: in safetensors files, ``model.10`` stands before ``model.2``.

    Raises:
        UserError: the names differ before their first number, so that they do not tell the order.
    """
    parts = {name: re.split(r"(\d+)", name) for name in names}
    beginnings = dict.fromkeys(words[0] for words in parts.values())
    if len(beginnings) > 1:
        raise UserError(f"{path}: the names of the layers tell no order: {shortened(parts)}")
    return sorted(
        parts, key=lambda name: [int(word) if place % 2 else word for place, word in enumerate(parts[name])]
    )
