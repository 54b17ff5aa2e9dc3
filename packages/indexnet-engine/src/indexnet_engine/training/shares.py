"""The share of each piece of a batch in the batch's mean loss."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from indexnet_engine.training.task import Task

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def weighted_pieces(
    task: Task, batches: Iterator[Any], count: int, fabric: "Fabric"
) -> Iterator[tuple[Any, Tensor | None]]:
    """Yield the pieces of a step, each with the factor on its losses; None where all weigh the same.

    Pieces that weigh the same are loaded one after another. Others are loaded together, since the factors
    depend on all of them.

    Args:
        task: Weighs the pieces.
        batches: The pieces of this process.
        count: Number of pieces of a step.
        fabric: The processes.
    """
    first = next(batches)
    weight = task.weight(first) if count * fabric.world_size > 1 else None
    if weight is None:
        yield first, None
        for _ in range(count - 1):
            yield next(batches), None
        return
    pieces = [first, *(next(batches) for _ in range(count - 1))]
    weights = [weight, *(cast(Tensor, task.weight(piece)) for piece in pieces[1:])]
    yield from zip(pieces, shares(weights, fabric))


def shares(weights: Sequence[Tensor], fabric: "Fabric") -> list[Tensor]:
    """Return the factors that turn the means of equal-sized pieces into parts of the whole batch's mean.

    A step's batch is computed in pieces: on several processes, and one after another on each. Let the loss of
    piece i of n be a mean Lᵢ over a weight wᵢ, such as its number of valid pixels. The mean over the whole
    batch, ΣwᵢLᵢ/Σw, is the mean of the pieces' losses only if all wᵢ are equal; it is always the mean of
    nwᵢ/Σw · Lᵢ.

    Args:
        weights: wᵢ ≥ 0 of this process's pieces, scalars.
        fabric: The processes; each must call this with as many pieces.

    Returns:
        nwᵢ/Σw of this process's pieces, float32; zeros if all weights are 0.

    >>> from lightning_fabric import Fabric
    >>> shares([torch.tensor(30), torch.tensor(10)], Fabric(accelerator="cpu", devices=1))
    [tensor(1.5000), tensor(0.5000)]
    """
    count = len(weights) * fabric.world_size
    own = torch.stack(list(weights)).float()
    total = cast(Tensor, fabric.all_reduce(own.sum(), reduce_op="sum"))
    return list((count * own / torch.where(total > 0, total, 1)).unbind())
