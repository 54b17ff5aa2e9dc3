"""The state of a training: saved into a checkpoint and restored from it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import distributed, nn

from indexnet_engine.errors import UserError
from indexnet_engine.progress import say
from indexnet_engine.randomness import get_rng_state, set_rng_state
from indexnet_engine.runs.checkpoint import FORMAT, Checkpoint, ProcessState, trained_weights
from indexnet_engine.training.average import WeightAverage
from indexnet_engine.training.loss_meter import LossMeter
from indexnet_engine.weights.pretrained import load_strictly

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass
class TrainingState:
    """Model, moving average of its weights, optimizer, losses since the last logged step, and the step.

    The position in the epoch and the learning rate are functions of ``step`` and need no state.
    """

    fabric: "Fabric"
    model: nn.Module
    optimizer: torch.optim.Optimizer
    meter: LossMeter
    average: WeightAverage | None = None
    step: int = 0
    best: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)

    @property
    def trained(self) -> nn.Module:
        """The model to evaluate and save: the moving average, if there is one."""
        return self.model if self.average is None else self.average.model

    def note_best(self, value: float, mode: Literal["max", "min"]) -> bool:
        """Store a metric if it is the best so far; return whether it is."""
        if self.best is None or math.isnan(self.best):
            better = True
        else:
            better = value > self.best if mode == "max" else value < self.best
        self.best = value if better else self.best
        return better

    def capture(self, data: Mapping[str, int], config: Mapping[str, Any]) -> Checkpoint:
        """Return the state as a checkpoint; all processes must call it.

        Args:
            data: Facts that determine the position in the data; they must be equal when resuming.
            config: For information only.

        Raises:
            UserError: A weight is not finite; the previous checkpoint is kept.
        """
        # Statistics of batch norm may overflow before a weight does.
        # All are checked before Python reads one answer, for which it waits for the device.
        finite = [tensor.isfinite().all() for tensor in self.model.state_dict().values()]
        if finite and not torch.stack(finite).all():
            raise UserError(
                f"the weights are not finite after step {self.step}; lower optim.lr or set loop.clip_norm "
                "(checkpoints written before are intact)"
            )
        own: ProcessState = {"rng": get_rng_state(), "losses": self.meter.state_dict()}
        checkpoint: Checkpoint = {
            "format": FORMAT,
            "step": self.step,
            "best": self.best,
            "metrics": self.metrics,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.fabric.strategy.precision.state_dict(),
            "processes": _gather(own),
            "data": dict(data),
            "config": dict(config),
        }
        if self.average is not None:
            checkpoint["average"] = self.average.model.state_dict()
        return checkpoint

    def restore(self, checkpoint: Checkpoint, source: Path, data: Mapping[str, int]) -> None:
        """Restore the state of a checkpoint.

        Raises:
            UserError: The state does not fit; the message names ``source`` and the part that does not.
        """
        for name, value in data.items():
            if checkpoint["data"].get(name) != value:
                raise UserError(
                    f"{source}: the run has {name} {checkpoint['data'].get(name)}, now it is {value}; "
                    "a run can only be resumed with the same"
                )
        load_strictly(self.model, checkpoint["model"], source)
        try:
            self.optimizer.load_state_dict(checkpoint["optimizer"])
            self.fabric.strategy.precision.load_state_dict(checkpoint["scaler"])
        except (ValueError, KeyError, RuntimeError) as error:
            raise UserError(f"{source}: the state of the optimizer does not fit: {error}") from error
        if self.average is not None:
            load_strictly(self.average.model, trained_weights(checkpoint), source)
        self.step, self.best, self.metrics = checkpoint["step"], checkpoint["best"], checkpoint["metrics"]
        processes = checkpoint["processes"]
        if len(processes) != self.fabric.world_size:
            say(
                f"{source}: written by {len(processes)} process(es), resumed by {self.fabric.world_size}; "
                "the data stay the same, the model's own randomness (dropout) does not"
            )
        if self.fabric.global_rank < len(processes):
            own = processes[self.fabric.global_rank]
            self.meter.load_state_dict(own["losses"])
            set_rng_state(own["rng"])


def _gather(own: ProcessState) -> list[ProcessState]:
    if not distributed.is_initialized():
        return [own]
    states: list[ProcessState | None] = [None] * distributed.get_world_size()
    distributed.all_gather_object(states, own)
    return [state for state in states if state is not None]
