"""Gradients of a fused operation from its literal form, where its own backward pass does not apply."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from indexnet_core.modes import composite_only

__all__ = ["composite_gradients", "gradients_of"]


def composite_gradients(grad: Tensor) -> bool:
    """True if a backward pass must consist of PyTorch's own operations.

    That is so for gradients of gradients, and for those of several functions at once (``is_grads_batched``).

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
    """Gradients of the inputs that need one, differentiable where gradients are recorded."""
    with torch.enable_grad():
        # One input may depend on another (pooled features on the indices); an alias does not.
        aliases = [tensor.view_as(tensor) for tensor in inputs]
        outputs = literal_form(*aliases)
    needed = [alias for alias, needs in zip(aliases, wanted) if needs]
    found = iter(torch.autograd.grad(outputs, needed, grads, create_graph=torch.is_grad_enabled()))
    return [next(found) if needs else None for _, needs in zip(aliases, wanted)]
