"""Module hooks: observe a network with temporary hooks, and detect hooks on a layer."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import _has_any_global_hook
from torch.nn.utils.parametrize import is_parametrized

__all__ = ["is_customized", "observing"]

Hook = Callable[[nn.Module, tuple[Any, ...], Any], None]


@contextmanager
def observing(module: nn.Module, layers: Iterable[nn.Module], hook: Hook) -> Iterator[None]:
    """Observe the layers of ``module`` by ``hook`` inside the block, in evaluation mode and without
    gradients.

    Afterwards the hooks are removed and the mode of every submodule is restored.

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


def is_customized(layer: nn.Module) -> bool:
    """True if the layer has hooks, a patched forward or a parametrization."""
    hooks = (
        layer._forward_hooks,
        layer._forward_pre_hooks,
        layer._backward_hooks,
        layer._backward_pre_hooks,
    )
    changed = "forward" in vars(layer) or layer._compiled_call_impl is not None or is_parametrized(layer)
    return changed or any(hooks) or _has_any_global_hook()
