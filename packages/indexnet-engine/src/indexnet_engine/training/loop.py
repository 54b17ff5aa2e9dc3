"""The training loop."""

import os
import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import distributed, nn
from torch.utils.data import DataLoader, Dataset

from indexnet_engine.errors import UserError
from indexnet_engine.progress import progress_bar, say
from indexnet_engine.randomness import preserved_rng, seed_everything
from indexnet_engine.runs.checkpoint import load_checkpoint
from indexnet_engine.runs.run_folder import Run
from indexnet_engine.training.allocator import keep_freed_memory
from indexnet_engine.training.interrupt import StopRequest, leave_signals_to_parent
from indexnet_engine.training.loop_config import LoopConfig
from indexnet_engine.training.loss_meter import LossMeter
from indexnet_engine.training.optim import (
    OptimConfig,
    build_optimizer,
    learning_rate_factor,
    set_learning_rate,
)
from indexnet_engine.training.sampler import StepSampler
from indexnet_engine.training.state import TrainingState
from indexnet_engine.training.task import Task

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["LoopConfig", "Task", "fit"]


def fit(task: Task, run: Run, loop: LoopConfig, optim: OptimConfig) -> dict[str, float]:
    """Train a task's model, evaluate it, and keep everything in a run folder.

    Goes on from ``run.last_checkpoint`` if the run was resumed, exactly as if it had never stopped: data
    and learning rate are functions of the step, all other state is in the checkpoint. Under ``torchrun``
    it trains on several devices, on the same data as one.

    On Ctrl-C or SIGTERM it finishes the step, writes a checkpoint and ends the process (status 130, 143);
    several processes agree on that every ten steps.

    Args:
        task: Model, data, losses, measures. Call ``seed_everything`` before building the model.
        run: Where everything is written.
        loop: How long, on what and how often.
        optim: How the parameters are updated.

    Returns:
        The last measures of ``task.evaluate``.

    Raises:
        UserError: If the configuration, the data and the machine do not fit together or the checkpoint does
            not belong to them (nothing is left of the run then), the loss or a weight is no longer finite, or
            the device runs out of memory.
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
    from indexnet_engine.training.devices import (
        make_fabric,  # lightning takes seconds to import: not for --help
    )

    keep_freed_memory()
    fabric = make_fabric(loop.accelerator, loop.devices, loop.precision)
    run.folder = fabric.broadcast(run.folder)
    seed_everything((loop.seed + fabric.global_rank) % 2**32)

    model = task.model.train()
    for module in task.frozen():
        module.eval()
    if loop.channels_last:
        model = model.to(memory_format=torch.channels_last)
    if loop.compile:
        _require_compiler(fabric.device.type)
        model.compile()  # in place, so that the names of the weights stay
    wrapped, optimizer = fabric.setup(model, build_optimizer(task.parameter_groups(), optim))

    data = {"samples": len(task.train_data), "batch_size": loop.batch_size, "seed": loop.seed}
    config = {"loop": asdict(loop), "optim": asdict(optim)}
    meter = LossMeter(fabric.device)
    state = TrainingState(fabric, model, optimizer, meter)
    if run.resumed and run.last_checkpoint.exists():
        state.restore(load_checkpoint(run.last_checkpoint), run.last_checkpoint, data)

    begun = state.step
    steps_per_epoch = len(task.train_data) // loop.batch_size
    total_steps = loop.total_steps(steps_per_epoch)
    evaluation_interval = loop.evaluation_interval(steps_per_epoch)
    stop_step = min(total_steps, loop.stop_after or total_steps)
    batches = _load_batches(task, loop, fabric, state.step, stop_step)
    bar = progress_bar(total_steps, run.folder.name, initial=state.step, unit="step")

    # Closing the batches ends the loading processes; left to themselves they would outlive an error.
    with StopRequest() as stop, run.logging(state.step), bar, closing(batches):
        for note in task.notes if state.step < stop_step else ():
            say(note)
        for step in range(state.step, stop_step):
            lr = optim.lr * learning_rate_factor(optim, step, steps_per_epoch, total_steps)
            set_learning_rate(optimizer, lr)
            for piece in range(1, loop.accumulate + 1):
                with fabric.no_backward_sync(wrapped, enabled=piece < loop.accumulate):
                    losses = task.loss(wrapped, next(batches))
                    fabric.backward(losses["loss"] / loop.accumulate)
                meter.update(losses, step + 1)
            if loop.clip_norm:
                fabric.clip_gradients(wrapped, optimizer, max_norm=loop.clip_norm, error_if_nonfinite=False)
            optimizer.step()
            optimizer.zero_grad()
            state.step = step + 1
            bar.update()

            due = state.step % loop.checkpoint_every == 0 or state.step == stop_step
            stopping = stop(fabric, state.step, saves=due) or state.step == stop_step
            logs = state.step % loop.log_every == 0
            evaluates = state.step % evaluation_interval == 0 or state.step == total_steps
            saves = due or stopping
            if logs or evaluates or saves:
                meter.require_finite(fabric)
            epoch = state.step / steps_per_epoch
            if logs:
                means = meter.means(fabric)
                run.log(state.step, {"epoch": epoch, "lr": lr, **_prefixed("train", means)})
                bar.set_postfix(loss=f"{means['loss']:.4g}", lr=f"{lr:.2g}")
            if evaluates:
                state.metrics = _evaluate(task, run, fabric, state.step, loop.compile)
                run.log(state.step, {"epoch": epoch, **_prefixed("evaluate", state.metrics)})
                if state.note_best(state.metrics[task.monitor], task.monitor_mode):
                    run.save_best(state.capture(data, config), model, task.pretrained_config())
            if saves:
                run.save_last(state.capture(data, config))
            if stopping:
                break

    if state.step < total_steps:
        say(f"stopped after step {state.step} of {total_steps}; go on with --resume {run.folder}")
    else:
        what = "nothing left to do" if begun == total_steps else "finished"
        say(f"{what}: {task.monitor} {state.best:.5g} at best, {total_steps} steps; all is in {run.folder}")
    if distributed.is_initialized():
        distributed.destroy_process_group()
    stop.exit()
    return state.metrics


def _require_compiler(device: str) -> None:
    """Refuse to compile for a processor without the C++ compiler that it takes."""
    names = (os.environ.get("CXX") or "g++", "g++", "clang++")
    if device == "cpu" and not any(map(shutil.which, names)):
        raise UserError("--loop.compile needs a C++ compiler on the CPU: none of g++ and clang++ is there")


def _load_batches(
    task: Task, loop: LoopConfig, fabric: "Fabric", start: int, stop: int
) -> Generator[Any, None, None]:
    """Load the data of steps start ... stop - 1, on the device: ``accumulate`` batches a step."""
    sampler = StepSampler(
        len(task.train_data),
        loop.batch_size,
        loop.seed,
        start_step=start,
        stop_step=stop,
        rank=fabric.global_rank,
        world_size=fabric.world_size,
        pieces=loop.accumulate,
    )
    loader = DataLoader(
        cast("Dataset[Any]", task.train_data),
        batch_sampler=sampler,
        collate_fn=task.collate,
        num_workers=loop.workers,
        worker_init_fn=leave_signals_to_parent,
        pin_memory=loop.workers > 0 and fabric.device.type == "cuda",
        generator=torch.Generator().manual_seed(loop.seed),  # or it would draw from the model's generator
    )
    moved = fabric.setup_dataloaders(loader, use_distributed_sampler=False)
    return _with_plain_errors(cast("Generator[Any, None, None]", iter(moved)))


def _with_plain_errors(batches: Generator[Any, None, None]) -> Generator[Any, None, None]:
    """Give a user error of a loading process as it was raised there; PyTorch adds its traceback."""
    try:
        yield from batches
        return
    except UserError as error:
        name = f"{UserError.__module__}.{UserError.__qualname__}: "
        message = str(error).rpartition(name)[2].strip()
        # The traceback would keep the loader, and with it its processes, alive; so would a context.
        error.__traceback__ = None
    raise UserError(message)


def _evaluate(task: Task, run: Run, fabric: "Fabric", step: int, compiled: bool) -> dict[str, float]:
    """Measure in the main process and tell the others; training is not touched by it."""
    metrics: dict[str, float] = {}
    if fabric.is_global_zero:
        # Images to evaluate come in all sizes, for each of which a compiled network would be compiled again.
        eager = torch.compiler.set_stance("force_eager") if compiled else nullcontext()
        with _evaluation_mode(task.model), preserved_rng(), torch.no_grad(), eager:
            metrics = {name: float(value) for name, value in task.evaluate(task.model).items()}
            run.show(step, task.pictures(task.model))
    metrics = fabric.broadcast(metrics)
    if task.monitor not in metrics:
        given = ", ".join(metrics) or "nothing"
        raise UserError(f"monitor is {task.monitor!r}, but the evaluation gives {given}")
    return metrics


@contextmanager
def _evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put every module into evaluation mode, and afterwards each back into its own (some may be frozen)."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _prefixed(prefix: str, values: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}/{name}": value for name, value in values.items()}
