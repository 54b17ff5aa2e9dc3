"""Evaluation during training, which does not affect the training."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import torch
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.randomness import preserved_rng
from indexnet_engine.runs.run_folder import Run
from indexnet_engine.training.task import Task

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def evaluate(
    task: Task, model: nn.Module, run: Run, fabric: "Fabric", step: int, *, compiled: bool
) -> dict[str, float]:
    """Evaluate in the main process, write the panels, and send the metrics to the other processes.

    Args:
        task: The metrics.
        model: The task's model, or the moving average of its weights.
        run: The run folder, in which panels are written.
        fabric: The processes.
        step: Steps done.
        compiled: Whether the model was compiled for training.

    Raises:
        UserError: The task's ``monitor`` is not among the metrics.
    """
    metrics: dict[str, float] = {}
    if fabric.is_global_zero:
        # Test images have many sizes, and a compiled network would be compiled again for each.
        eager = torch.compiler.set_stance("force_eager") if compiled else nullcontext()
        with _evaluation_mode(model), preserved_rng(), torch.no_grad(), eager:
            metrics = {name: float(value) for name, value in task.evaluate(model).items()}
            run.show(step, task.pictures(model))
    metrics = fabric.broadcast(metrics)
    if task.monitor not in metrics:
        given = ", ".join(metrics) or "nothing"
        raise UserError(f"monitor is {task.monitor!r}, but the evaluation gives {given}")
    return metrics


@contextmanager
def _evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put all modules into evaluation mode, and restore each one's mode afterwards (some may be frozen)."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
