"""Variants of running a network: precision, memory format, compiled or not, activations kept or not."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from indexnet_core import Resampling
from tools.bench.graph import record_graph

__all__ = ["PLAIN", "Activations", "Execution", "Layout", "Precision", "Variant"]

Precision = Literal["32", "bf16", "fp16", "bf16-mixed"]
"""float32; weights and features in bfloat16 or float16; float32 under autocast."""
Layout = Literal["channels-first", "channels-last"]
Execution = Literal["eager", "compiled", "graph"]
"""As Python runs it; compiled by `torch.compile`; recorded once and replayed as a CUDA graph."""
Activations = Literal["kept", "checkpointed"]

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}

Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class Variant:
    """One way to run a network; by default PyTorch's own.

    >>> str(Variant(precision="bf16", layout="channels-last"))
    'bf16 channels-last'
    """

    precision: Precision = "32"
    layout: Layout = "channels-first"
    execution: Execution = "eager"
    activations: Activations = "kept"

    def __str__(self) -> str:
        usual = (self.execution == "eager", self.activations == "kept")
        named = (self.execution, self.activations)
        return " ".join(
            [self.precision, self.layout, *(name for name, plain in zip(named, usual) if not plain)]
        )

    def module(self, module: Module, device: str) -> Module:
        """Move a network, or one stage, to the device in this variant, in place."""
        module = module.to(device, memory_format=self._format, dtype=self._dtype)  # type: ignore[call-overload]
        if self.activations == "checkpointed":
            _checkpoint_blocks(module)
        if self.execution == "compiled":
            module.compile(dynamic=False)
        return module

    def tensor(self, tensor: Tensor, device: str) -> Tensor:
        """Convert a feature or an image (B, C, H, W) to the precision and memory format of this variant."""
        return tensor.to(device, self._dtype).contiguous(memory_format=self._format)

    def arithmetic(self, device: str) -> AbstractContextManager[object]:
        """The context in which the network must be called."""
        if self.precision == "bf16-mixed":
            return torch.autocast(device, torch.bfloat16)
        return nullcontext()

    def recorded(self, call: Callable[[], object], device: str) -> Callable[[], object]:
        """The call as a CUDA graph in the variant ``graph``, unchanged in the others."""
        return record_graph(call) if self.execution == "graph" and device == "cuda" else call

    @property
    def _format(self) -> torch.memory_format:
        return torch.channels_last if self.layout == "channels-last" else torch.contiguous_format

    @property
    def _dtype(self) -> torch.dtype:
        return _DTYPES.get(self.precision, torch.float32)


PLAIN = Variant()
"""The variant of the literal form and of max pooling that ours is compared with."""


def _checkpoint_blocks(module: nn.Module) -> None:
    """Recompute the blocks in a network's lists in the backward pass; resamplings are left as they are."""
    for child in module.children():
        if isinstance(child, Resampling):
            continue
        if not isinstance(child, nn.ModuleList):
            _checkpoint_blocks(child)
            continue
        for block in child:
            if not isinstance(block, Resampling):
                block.forward = partial(checkpoint, block.forward, use_reentrant=False)
