"""The training loop."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed

from indexnet_engine.allocator import keep_freed_memory
from indexnet_engine.errors import UserError
from indexnet_engine.models.batch_norm import batch_norms, freeze_batch_norm
from indexnet_engine.progress import progress_bar, say
from indexnet_engine.randomness import seed_everything
from indexnet_engine.runs.checkpoint import Checkpoint, load_checkpoint
from indexnet_engine.runs.run_folder import Run
from indexnet_engine.tf32 import allow_tf32
from indexnet_engine.training.average import WeightAverage
from indexnet_engine.training.batches import load_batches
from indexnet_engine.training.evaluation import evaluate
from indexnet_engine.training.interrupt import StopRequest
from indexnet_engine.training.loop_config import LoopConfig
from indexnet_engine.training.loss_meter import LossMeter
from indexnet_engine.training.optim import (
    OptimConfig,
    build_optimizer,
    learning_rate_factor,
    set_learning_rate,
)
from indexnet_engine.training.schedule import Schedule
from indexnet_engine.training.shares import weighted_pieces
from indexnet_engine.training.state import TrainingState
from indexnet_engine.training.sync_bn import synchronize_batch_norm
from indexnet_engine.training.task import Task

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from tqdm import tqdm

__all__ = ["LoopConfig", "Task", "fit"]


def fit(task: Task, run: Run, loop: LoopConfig, optim: OptimConfig) -> dict[str, float]:
    """Train a task's model, evaluate it, and write everything into a run folder.

    A resumed run continues from ``run.last_checkpoint`` as if it had not been stopped: data and learning rate
    are functions of the step, and the checkpoint holds all other state. Under ``torchrun`` it trains on
    several devices, with the same data as on one.

    On Ctrl-C or SIGTERM it finishes the step, writes a checkpoint and ends the process (status 130 or 143);
    several processes agree to stop every ten steps.

    Args:
        task: Model, data, losses, metrics. Call ``seed_everything`` before building the model.
        run: The run folder to write.
        loop: Length, device, precision, intervals.
        optim: Optimizer and learning rate.

    Returns:
        The metrics of the last evaluation.

    Raises:
        UserError: The configuration contradicts the data, the machine or the checkpoint (the run folder is
            then removed), the loss or a weight is not finite, or the device runs out of memory.
    """
    try:
        return _fit(task, run, loop, optim)
    except UserError:
        run.discard()
        raise
    except torch.OutOfMemoryError as error:
        run.discard()
        raise UserError(
            f"the device ran out of memory with batches of {loop.batch_size}; compute them in more pieces "
            f"(--loop.accumulate, now {loop.accumulate}), or lower --loop.batch_size"
        ) from error


def _fit(task: Task, run: Run, loop: LoopConfig, optim: OptimConfig) -> dict[str, float]:
    # Lightning takes seconds to import: not for --help.
    from indexnet_engine.training.devices import make_fabric

    keep_freed_memory()
    allow_tf32(loop.tf32)
    fabric = make_fabric(loop.accelerator, loop.devices, loop.precision)
    run.folder = fabric.broadcast(run.folder)
    seed_everything((loop.seed + fabric.global_rank) % 2**32)
    model, optimizer = _prepare(task, loop, optim, fabric)
    training = _Training(task, run, loop, optim, fabric, model, optimizer)
    state, schedule = training.state, training.schedule
    if run.resumed and run.last_checkpoint.exists():
        state.restore(load_checkpoint(run.last_checkpoint), run.last_checkpoint, training.data_facts())

    first_step = state.step
    batches = load_batches(task, loop, fabric, state.step, schedule.stop_step)
    bar = progress_bar(schedule.total_steps, run.folder.name, initial=state.step, unit="step")

    # Closing the batches ends the loading processes, which would otherwise survive an error.
    with StopRequest() as stop, run.logging(state.step), bar, closing(batches):
        for note in task.notes if state.step < schedule.stop_step else ():
            say(note)
        for _ in range(state.step, schedule.stop_step):
            lr = training.update(batches)
            bar.update()
            due = schedule.saves(state.step)
            stopping = stop(fabric, state.step, saves=due) or state.step == schedule.stop_step
            training.record(lr, bar, saves=due or stopping)
            if stopping:
                break

    if state.step < schedule.total_steps:
        say(f"stopped after step {state.step} of {schedule.total_steps}; continue with --resume {run.folder}")
    else:
        what = "nothing left to do" if first_step == schedule.total_steps else "finished"
        best = f"{task.monitor} {state.best:.5g} at best"
        say(f"{what}: {best}, {schedule.total_steps} steps; see {run.folder}")
    if distributed.is_initialized():
        distributed.destroy_process_group()
    stop.exit()
    return state.metrics


def _prepare(
    task: Task, loop: LoopConfig, optim: OptimConfig, fabric: "Fabric"
) -> tuple[Any, torch.optim.Optimizer]:
    """Put the model into training mode and onto the device, and build its optimizer."""
    model = task.model.train()
    for module in task.frozen():
        module.eval()
    if loop.sync_bn and fabric.world_size > 1 and not synchronize_batch_norm(model):
        say("note: --loop.sync_bn has no effect, since no batch norm layer is trained")
    if loop.channels_last:
        model = model.to(memory_format=torch.channels_last)
    if loop.compile:
        _require_compiler(fabric.device.type)
        model.compile()  # in place, so that the names of the weights stay
    return fabric.setup(model, build_optimizer(task.parameter_groups(), optim))


def _require_compiler(device: str) -> None:
    """Refuse to compile for the CPU without a C++ compiler."""
    names = (os.environ.get("CXX") or "g++", "g++", "clang++")
    if device == "cpu" and not any(map(shutil.which, names)):
        raise UserError(
            "--loop.compile needs a C++ compiler on the CPU: neither g++ nor clang++ is installed"
        )


@dataclass
class _Training:
    """The steps of a training: update the weights, then log, evaluate and save."""

    task: Task
    run: Run
    loop: LoopConfig
    optim: OptimConfig
    fabric: "Fabric"
    model: Any  # Fabric's wrapper of the task's model
    optimizer: torch.optim.Optimizer

    def __post_init__(self) -> None:
        self.schedule = Schedule(self.loop, len(self.task.train_data))
        self.meter = LossMeter(self.fabric.device)
        average = None if self.loop.ema is None else WeightAverage(self.task.model, self.loop.ema)
        self.state = TrainingState(self.fabric, self.task.model, self.optimizer, self.meter, average)
        # Without trainable statistics nothing changes there, and the warm-up is not repeated.
        trains_statistics = any(layer.training for layer in batch_norms(self.task.model))
        self._frozen_from = self.schedule.frozen_from if trains_statistics else None
        self._bn_is_frozen = False

    def data_facts(self) -> dict[str, int]:
        """Return the facts that must be equal for a resumed run to have the same data."""
        return {
            "samples": self.schedule.samples,
            "batch_size": self.loop.batch_size,
            "seed": self.loop.seed,
        }

    def update(self, batches: Iterator[Any]) -> float:
        """Do one step and return its learning rate."""
        step, schedule = self.state.step, self.schedule
        frozen_from = self._frozen_from
        factor = learning_rate_factor(
            self.optim, step, schedule.steps_per_epoch, schedule.total_steps, frozen_from
        )
        if frozen_from is not None and step >= frozen_from and not self._bn_is_frozen:
            freeze_batch_norm(self.task.model)
            self._bn_is_frozen = True
        lr = self.optim.lr * factor
        set_learning_rate(self.optimizer, lr)
        count = self.loop.accumulate
        pieces = weighted_pieces(self.task, batches, count, self.fabric)
        for number, (piece, share) in enumerate(pieces, start=1):
            with self.fabric.no_backward_sync(self.model, enabled=number < count):
                losses = self.task.loss(self.model, piece)
                if share is not None:
                    losses = {name: loss * share for name, loss in losses.items()}
                self.fabric.backward(losses["loss"] / count)
            self.meter.update(losses, step + 1)
        if self.loop.clip_norm:
            self.fabric.clip_gradients(
                self.model, self.optimizer, max_norm=self.loop.clip_norm, error_if_nonfinite=False
            )
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.state.average is not None:
            self.state.average.update(self.task.model, step)
        self.state.step = step + 1
        return lr

    def record(self, lr: float, bar: "tqdm[Any]", *, saves: bool) -> None:
        """Log, evaluate and save, each if it is due after this step."""
        step = self.state.step
        logs, evaluates = self.schedule.logs(step), self.schedule.evaluates(step)
        if logs or evaluates or saves:
            self.meter.require_finite(self.fabric)
        epoch = step / self.schedule.steps_per_epoch
        if logs:
            means = self.meter.means(self.fabric)
            self.run.log(step, {"epoch": epoch, "lr": lr, **_prefixed("train", means)})
            bar.set_postfix(loss=f"{means['loss']:.4g}", lr=f"{lr:.2g}")
        if evaluates:
            metrics = evaluate(
                self.task, self.state.trained, self.run, self.fabric, step, compiled=self.loop.compile
            )
            self.state.metrics = metrics
            self.run.log(step, {"epoch": epoch, **_prefixed("evaluate", metrics)})
            if self.state.note_best(metrics[self.task.monitor], self.task.monitor_mode):
                self.run.save_best(self._checkpoint(), self.state.trained, self.task.pretrained_config())
        if saves:
            self.run.save_last(self._checkpoint())

    def _checkpoint(self) -> Checkpoint:
        """Capture the state; all processes must call it."""
        config = {"loop": asdict(self.loop), "optim": asdict(self.optim)}
        return self.state.capture(self.data_facts(), config)


def _prefixed(prefix: str, values: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}/{name}": value for name, value in values.items()}
