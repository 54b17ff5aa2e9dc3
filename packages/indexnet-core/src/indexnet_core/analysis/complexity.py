"""Parameters and "GFLOPs" as Tables 3, 5, 6 and 7 count them."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from indexnet_core.hooks import observing

__all__ = ["Complexity", "CountsItself", "count_macs", "count_parameters", "measure_complexity"]


@runtime_checkable
class CountsItself(Protocol):
    """A module that reports its own cost, so that a fused form counts like the literal one."""

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates for an input of this height and width, by the paper's convention."""
        ...


@dataclass(frozen=True)
class Complexity:
    """The cost of a module for one input.

    Attributes:
        parameters: number of learnable values, batch norm included.
        macs: multiply-accumulates of all convolutions.
    """

    parameters: int
    macs: int

    @property
    def gflops(self) -> float:
        """GFLOPs as the paper counts them: multiply-accumulates / 2³⁰."""
        return self.macs / 2**30

    def __str__(self) -> str:
        return f"{self.parameters / 1e6:.2f}M parameters, {self.gflops:.2f} GFLOPs"


def count_parameters(module: nn.Module) -> int:
    """Number of learnable values; a shared parameter counts once.

    >>> count_parameters(nn.Conv2d(3, 8, 3, bias=False))
    216
    """
    return sum(parameter.numel() for parameter in module.parameters())


def count_macs(module: nn.Module, *inputs: Tensor) -> int:
    """Multiply-accumulates of the convolutions that a forward pass runs.

    The convention of the tables: each call of a convolution costs weight.numel() · H_out · W_out, without
    bias, batch norm, activations or the batch size, so that a network which folds feature slices into the
    batch (shared O2O) counts once per stage. A transposed convolution costs weight.numel() · H_in · W_in,
    which is its true number. The cost of a `CountsItself` module is its own `macs`.

    The module is run in evaluation mode on its own device; its mode is restored.

    >>> import torch
    >>> count_macs(nn.Conv2d(3, 8, 3, padding=1, bias=False), torch.zeros(2, 3, 10, 10))
    21600
    """
    total = 0

    def count(layer: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        nonlocal total
        if isinstance(layer, _ConvNd):
            of = args[0] if isinstance(layer, _ConvTransposeNd) else output
            total += layer.weight.numel() * of.shape[2:].numel()
        elif isinstance(layer, CountsItself):
            total += layer.macs(*args[0].shape[-2:])

    with observing(module, _counted(module), count):
        module(*inputs)
    return total


def measure_complexity(module: nn.Module, *inputs: Tensor) -> Complexity:
    """Parameters and multiply-accumulates.

    Args:
        module: any module.
        inputs: arguments of its forward; the tables use 224 × 224 with 4 (matting), 1 (denoising) or
            3 channels.
    """
    return Complexity(count_parameters(module), count_macs(module, *inputs))


def _counted(module: nn.Module) -> list[nn.Module]:
    """Convolutions and `CountsItself` modules, without the children of the latter."""
    if isinstance(module, _ConvNd | CountsItself):
        return [module]
    found = {id(layer): layer for child in module.children() for layer in _counted(child)}
    return list(found.values())
