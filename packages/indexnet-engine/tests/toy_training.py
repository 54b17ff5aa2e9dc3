"""A small training with everything that makes exact resume hard: dropout, batch norm, noise.

Tests load it through the fixture ``toy``; it is also a script, for tests that need separate processes.
"""

import argparse
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from indexnet_engine.randomness import SampleKey, sample_rng, seed_everything
from indexnet_engine.runs.run_folder import Run
from indexnet_engine.training.loop import LoopConfig, fit
from indexnet_engine.training.optim import OptimConfig
from indexnet_engine.training.task import Task, TrainData


class ToyData:
    """Noise and its double, new in every epoch."""

    def __init__(self, length: int = 22) -> None:
        self.length = length
        self.seen: list[SampleKey] = []

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, key: SampleKey, /) -> tuple[np.ndarray, np.ndarray]:
        self.seen.append(key)
        x = sample_rng(3, key).standard_normal((1, 4, 4)).astype(np.float32)
        return x, 2 * x


class ToyTask(Task):
    """Doubling images; its weights always start from the same numbers."""

    monitor = "error"
    monitor_mode: Literal["max", "min"] = "min"

    def __init__(self, *, batch_norm: bool = True, dropout: float = 0.3, delay: float = 0.0) -> None:
        seed_everything(7)
        norm = nn.BatchNorm2d(4) if batch_norm else nn.Identity()
        self.model: nn.Module = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), norm, nn.ReLU(), nn.Dropout(dropout), nn.Conv2d(4, 1, 1)
        )
        self.data = ToyData()
        self.train_data: TrainData = self.data
        self.delay = delay

    def loss(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
        time.sleep(self.delay)
        x, y = batch
        estimate = model(x)
        return {"loss": (estimate - y).square().mean(), "bias": (estimate - y).mean()}

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        torch.rand(5)  # must not disturb the training
        x = torch.linspace(-1, 1, 16).view(1, 1, 4, 4)
        return {"error": float((model(x) - 2 * x).square().mean())}

    def pictures(self, model: nn.Module) -> dict[str, np.ndarray]:
        return {"gray": np.full((4, 6, 3), 128, np.uint8)}

    def pretrained_config(self) -> dict[str, Any]:
        return {"task": "toy"}


OPTIM = OptimConfig(lr=0.01, milestones=[1.5], warmup_steps=3)


def loop_config(**options: Any) -> LoopConfig:
    """Eleven steps, two epochs and one step; no two events are due at the same step."""
    defaults: dict[str, Any] = {
        "steps": 11,
        "batch_size": 4,
        "accelerator": "cpu",
        "log_every": 3,
        "evaluate_every_steps": 4,
        "checkpoint_every": 100,
    }
    return LoopConfig(**{**defaults, **options})


def train(root: Path, *, resume: Path | None = None, task: ToyTask | None = None, **options: Any) -> Run:
    """Train from a fixed start, or resume."""
    task = task or ToyTask()
    run = Run.resume(resume) if resume else Run.create(root, "run", {"toy": True})
    fit(task, run, loop_config(**options), OPTIM)
    return run


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    for name in ("steps", "stop-after", "checkpoint-every", "accumulate", "workers"):
        parser.add_argument(f"--{name}", type=int, default=argparse.SUPPRESS)
    for name in ("freeze-bn-from", "ema"):
        parser.add_argument(f"--{name}", type=float, default=argparse.SUPPRESS)
    parser.add_argument("--plain", action="store_true", help="no batch norm, no dropout")
    arguments = vars(parser.parse_args())
    torch.set_num_threads(1)
    options: dict[str, Any] = {"batch_norm": False, "dropout": 0.0} if arguments.pop("plain") else {}
    train(task=ToyTask(delay=arguments.pop("delay"), **options), **arguments)
