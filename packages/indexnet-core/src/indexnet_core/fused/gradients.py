"""Gradients of a fused operation from its literal form, for cases that its backward pass does not support."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from indexnet_core.modes import composite_only

__all__ = ["composite_gradients", "gradients_of"]


def composite_gradients(grad: Tensor) -> bool:
    """True if a backward pass must consist of PyTorch's own operations.

    This is the case for gradients of gradients, and for batched gradients (``is_grads_batched``).

    Args:
        grad: the incoming gradient.
    """
    several = torch._C._functorch.is_legacy_batchedtensor(grad)
    return torch.is_grad_enabled() or several or composite_only()


def gradients_of(
    literal_form: Callable[..., Sequence[Tensor]],
    inputs: Sequence[Tensor],
    wanted: Sequence[bool],
    grads: Sequence[Tensor],
) -> list[Tensor | None]:
    """Gradients of the inputs that require one; differentiable if gradients are being recorded."""
    with torch.enable_grad():
        # One input may depend on another (pooled features on the indices); an alias of it does not.
        aliases = [tensor.view_as(tensor) for tensor in inputs]
        outputs = literal_form(*aliases)
    needed = [alias for alias, needs in zip(aliases, wanted) if needs]
    found = iter(torch.autograd.grad(outputs, needed, grads, create_graph=torch.is_grad_enabled()))
    return [next(found) if needs else None for _, needs in zip(aliases, wanted)]
