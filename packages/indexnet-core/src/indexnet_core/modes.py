"""Modes of PyTorch in which a network must use standard operations only."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch.autograd import forward_ad

__all__ = ["composite_only", "exporting", "for_onnx", "writing_onnx"]

_onnx: ContextVar[bool] = ContextVar("onnx", default=False)


def exporting() -> bool:
    """True while `torch.export`, `torch.onnx` or tracing records the network.

    Exported graphs may use standard operators only, and only those whose results agree with PyTorch in every
    runtime.
    """
    return torch.compiler.is_exporting() or torch.jit.is_tracing() or torch.onnx.is_in_onnx_export()


def composite_only() -> bool:
    """True if only PyTorch's own operations may be used: exported graphs, `torch.func`, forward mode."""
    transformed = torch._C._functorch.peek_interpreter_stack() is not None
    return exporting() or transformed or forward_ad._current_level >= 0


@contextmanager
def for_onnx() -> Iterator[None]:
    """Let networks that are traced inside the block use operators of ONNX that PyTorch does not have."""
    token = _onnx.set(True)
    try:
        yield
    finally:
        _onnx.reset(token)


def writing_onnx() -> bool:
    """True while a network is traced in `for_onnx`."""
    return exporting() and _onnx.get()
