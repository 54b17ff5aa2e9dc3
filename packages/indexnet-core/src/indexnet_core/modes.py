"""Modes of PyTorch in which a network must use standard operations only."""

import torch
from torch.autograd import forward_ad

__all__ = ["composite_only", "exporting"]


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
