"""Running somebody's network without leaving a trace in it, and knowing when it is being exported."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.autograd import forward_ad
from torch.nn.modules.module import _has_any_global_hook
from torch.nn.utils.parametrize import is_parametrized

__all__ = ["composite_only", "exporting", "is_customized", "observing"]

Hook = Callable[[nn.Module, tuple[Any, ...], Any], None]


@contextmanager
def observing(module: nn.Module, layers: Iterable[nn.Module], hook: Hook) -> Iterator[None]:
    """In the block, ``module`` is in evaluation mode, without gradients, and ``hook`` sees what layers do.

    Afterwards the hooks are gone and every submodule is in the mode in which it was.

    Args:
        module: the network that is run in the block.
        layers: submodules whose calls are observed.
        hook: called with the layer, its positional arguments and its output.
    """
    handles = [layer.register_forward_hook(hook) for layer in layers]
    modes = [(submodule, submodule.training) for submodule in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for handle in handles:
            handle.remove()
        for submodule, training in modes:
            submodule.training = training


def exporting() -> bool:
    """Tell whether `torch.export`, `torch.onnx` or tracing is writing the network down for use elsewhere.

    There only operators that others know have a place, and only such as others compute as PyTorch does.
    """
    return torch.compiler.is_exporting() or torch.jit.is_tracing() or torch.onnx.is_in_onnx_export()


def composite_only() -> bool:
    """Tell whether an operation must consist of PyTorch's own.

    So it is for others' graphs, for `torch.func`, and for derivatives in forward mode.
    """
    transformed = torch._C._functorch.peek_interpreter_stack() is not None
    return exporting() or transformed or forward_ad._current_level >= 0


def is_customized(layer: nn.Module) -> bool:
    """Tell whether calling a layer does more than its class says, or somebody looks on."""
    hooks = (
        layer._forward_hooks,
        layer._forward_pre_hooks,
        layer._backward_hooks,
        layer._backward_pre_hooks,
    )
    changed = "forward" in vars(layer) or layer._compiled_call_impl is not None or is_parametrized(layer)
    return changed or any(hooks) or _has_any_global_hook()
