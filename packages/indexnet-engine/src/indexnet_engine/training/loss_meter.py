"""Means of the training losses between two logged steps."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from indexnet_engine.errors import UserError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

_NEVER = torch.iinfo(torch.int64).max


class LossMeter:
    """Sums losses on their device, so that training steps do not wait for the accelerator.

    Args:
        device: Device of the losses.
    """

    def __init__(self, device: torch.device) -> None:
        self._sums: dict[str, Tensor] = {}
        self._count = 0
        self._broken_at = torch.full((), _NEVER, dtype=torch.int64, device=device)

    def update(self, losses: Mapping[str, Tensor], step: int) -> None:
        """Add the scalar losses of one batch, and remember the first step without a finite ``"loss"``."""
        for name, value in losses.items():
            value = value.detach().float()
            self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._count += 1
        broken = torch.where(losses["loss"].detach().isfinite(), _NEVER, step)
        self._broken_at = torch.minimum(self._broken_at, broken)

    def require_finite(self, fabric: "Fabric") -> None:
        """Refuse a loss that was not finite, on any process; call it before anything is written.

        Raises:
            UserError: The message has the first such step.
        """
        step = int(_reduced(fabric, self._broken_at.clone(), "min"))
        if step != _NEVER:
            raise UserError(
                f"the loss is not finite at step {step}; lower optim.lr, set loop.clip_norm, or look for bad "
                "values in the data (checkpoints written before are intact)"
            )

    def means(self, fabric: "Fabric") -> dict[str, float]:
        """Return the mean of each loss over all processes since the last call, and reset the sums."""
        means = torch.stack(list(self._sums.values())) / self._count
        values = _reduced(fabric, means, "mean").tolist()
        names = list(self._sums)
        self._sums, self._count = {}, 0
        return dict(zip(names, values))

    def state_dict(self) -> dict[str, Any]:
        """Return the sums of this process for a checkpoint."""
        return {"sums": {name: value.cpu() for name, value in self._sums.items()}, "count": self._count}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the sums of a checkpoint."""
        device = self._broken_at.device
        self._sums = {name: value.to(device) for name, value in state["sums"].items()}
        self._count = state["count"]


def _reduced(fabric: "Fabric", value: Tensor, operation: str) -> Tensor:
    return cast(Tensor, fabric.all_reduce(value, reduce_op=operation))
