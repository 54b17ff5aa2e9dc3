"""The share of each piece of a batch in the batch's mean loss."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def shares(weights: Sequence[Tensor | None], fabric: "Fabric") -> list[Tensor] | None:
    """Return the factors that turn the means of equal-sized pieces into parts of the whole batch's mean.

    A step's batch is computed in pieces: on several processes, and one after another on each. Let the loss of
    piece i of n be a mean Lᵢ over a weight wᵢ, such as its number of valid pixels. The mean over the whole
    batch, ΣwᵢLᵢ/Σw, is the mean of the pieces' losses only if all wᵢ are equal; it is always the mean of
    nwᵢ/Σw · Lᵢ.

    Args:
        weights: wᵢ ≥ 0 of this process's pieces, scalars; or None for each if all pieces weigh the same.
        fabric: The processes; each must call this with as many pieces.

    Returns:
        nwᵢ/Σw of this process's pieces, float32; zeros if all weights are 0. None if no factor is needed.

    >>> from lightning_fabric import Fabric
    >>> shares([torch.tensor(30), torch.tensor(10)], Fabric(accelerator="cpu", devices=1))
    [tensor(1.5000), tensor(0.5000)]
    """
    count = len(weights) * fabric.world_size
    known = [weight for weight in weights if weight is not None]
    if not known or count == 1:
        return None
    own = torch.stack(known).float()
    total = cast(Tensor, fabric.all_reduce(own.sum(), reduce_op="sum"))
    return list((count * own / torch.where(total > 0, total, 1)).unbind())
