"""The batches of a training, on its device."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

import torch
from torch.utils.data import DataLoader, Dataset

from indexnet_engine.errors import UserError
from indexnet_engine.training.interrupt import leave_signals_to_parent
from indexnet_engine.training.loop_config import LoopConfig
from indexnet_engine.training.sampler import StepSampler
from indexnet_engine.training.task import Task

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def load_batches(
    task: Task, loop: LoopConfig, fabric: "Fabric", start: int, stop: int
) -> Generator[Any, None, None]:
    """Load the data of steps start ... stop - 1 onto the device: ``accumulate`` batches per step.

    Closing the generator ends the loading processes.

    Raises:
        UserError: raised by the data set in a loading process, with its original message.
    """
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
        # Otherwise the copy to the GPU waits for the step before it.
        pin_memory=fabric.device.type == "cuda",
        generator=torch.Generator().manual_seed(loop.seed),  # or it would draw from the model's generator
    )
    moved = fabric.setup_dataloaders(loader, use_distributed_sampler=False)
    return _without_worker_tracebacks(cast("Generator[Any, None, None]", iter(moved)))


def _without_worker_tracebacks(batches: Generator[Any, None, None]) -> Generator[Any, None, None]:
    """Raise the user error of a loading process with its original message, without PyTorch's traceback."""
    try:
        yield from batches
        return
    except UserError as error:
        name = f"{UserError.__module__}.{UserError.__qualname__}: "
        message = str(error).rpartition(name)[2].strip()
        # The traceback or a context would keep the loader and its processes alive.
        error.__traceback__ = None
    raise UserError(message)
