"""Costs of an operator: count parameters and GFLOPs, measure times in turns."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from indexnet_core import Complexity, measure_complexity
from indexnet_engine.progress import progress_bar
from indexnet_engine.training.optim import build_optimizer
from tools.bench.timing import interleaved_seconds
from tools.compare.task import ComparedTask

__all__ = ["Seconds", "count", "measure_seconds"]

_HALF = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}


@dataclass(frozen=True)
class Seconds:
    """Seconds of one training step, and of one image."""

    step: float
    image: float


def count(task: ComparedTask, config: Any, side: int) -> Complexity:
    """Count for a height and width of ``side``, without running the network.

    Raises:
        SpecError: the network does not support this operator.
        ShapeError: the network's stride does not divide the side.
    """
    with torch.device("meta"):
        network = task.build(config)
        x = task.input(task.draw(config, 1))
        return measure_complexity(network, torch.zeros(1, x.shape[1], side, side))


def measure_seconds(
    task: ComparedTask,
    configs: Mapping[str, Any],
    models: Mapping[str, nn.Module],
    device: str,
    rounds: int,
    least: float,
) -> dict[str, Seconds]:
    """Time a training step and the first test image for each network, in turns in one process.

    A step is forward, loss, backward, clipping and update with the batch, precision and memory format of the
    training, on a random batch. The time of an image includes everything from its pixels to the prediction.
    The lowest median of all rounds is returned.

    Args:
        task: with its test images open.
        configs: label -> configuration.
        models: label -> trained network.
        device: where they run.
        rounds: number of turns of each.
        least: minimum length of a turn in seconds.
    """
    name = task.names[0]
    task.size(name)  # so that reading it is not timed
    steps = [_training_step(task, config, device) for config in configs.values()]
    images = [_image(task, model, name) for model in models.values()]
    with progress_bar(2 * rounds * len(configs), "timing", unit="turn") as bar:
        found = [
            interleaved_seconds(calls, device, rounds=rounds, least=least, tick=bar.update)
            for calls in (steps, images)
        ]
    return {label: Seconds(*pair) for label, *pair in zip(configs, *found)}


def _image(task: ComparedTask, model: nn.Module, name: str) -> Callable[[], object]:
    return lambda: task.predict(model, name)


def _training_step(task: ComparedTask, config: Any, device: str) -> Callable[[], object]:
    torch.manual_seed(0)
    loop = config.loop
    model = task.build(config).to(device).train()
    if loop.channels_last:
        model = model.to(memory_format=torch.channels_last)
    batch = task.draw(config, max(2, loop.batch_size // loop.accumulate))
    batch = {key: tensor.to(device) for key, tensor in batch.items()}
    optimizer = build_optimizer([{"params": list(model.parameters())}], config.optim)

    def step() -> None:
        for _ in range(loop.accumulate):
            with _arithmetic(loop.precision, device):
                loss = task.loss(config, model(task.input(batch)), batch)
            (loss / loop.accumulate).backward()
        if loop.clip_norm:
            nn.utils.clip_grad_norm_(model.parameters(), loop.clip_norm)
        optimizer.step()
        optimizer.zero_grad()

    return step


def _arithmetic(precision: str, device: str) -> AbstractContextManager[object]:
    return torch.autocast(device, _HALF[precision]) if precision in _HALF else nullcontext()
