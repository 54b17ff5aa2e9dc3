"""Train on batches divided in several ways, and compare the steps.

As a script under torchrun, ``divided_batches.py MODULE FILE``: run trainings one after another in the same
processes, which import PyTorch once. MODULE has the ``main`` of an application, FILE the words of each
training.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, distributed

from indexnet_engine.runs.checkpoint import load_checkpoint
from indexnet_engine.runs.metrics_csv import read_rows

_TEN_STEPS = [
    "train", "--loop.steps", 10, "--loop.batch_size", 8, "--loop.log_every", 1, "--loop.evaluate_every", 0,
    "--loop.accelerator", "cpu", "--loop.channels_last", "false", "--loop.clip_norm", 1,
    "--optim.name", "sgd",
]  # fmt: skip


def check_divided_batches(
    main: Callable[[list[str]], int], folder: Path, *options: object, frozen: Sequence[object] = ()
) -> None:
    """Compare ten steps on batches of 8 with those in two pieces and on two processes.

    With statistics of batch norm over the whole batch, two processes must agree with one; with frozen ones
    also pieces. The frozen trainings continue the first, so that their statistics are those of the data.

    Args:
        main: command line of the application.
        folder: where the runs are written.
        options: of all trainings: data and model.
        frozen: further options of the trainings with frozen statistics.
    """
    # In training mode a tiny network multiplies a rounding error in each step, by up to ten at usual rates;
    # its gradients jump where rounding decides on the sign of a normalised channel without any variance.
    whole = ["--optim.lr", 1e-5]
    freeze = [*frozen, "--pretrained", folder / "whole", "--loop.freeze_bn_from", 0, "--optim.lr", 0.01]
    alone = {"whole": whole, "frozen": freeze, "frozen-pieces": [*freeze, "--loop.accumulate", 2]}
    together = {"processes": [*whole, "--loop.sync_bn"], "frozen-processes": freeze}
    words = {
        name: list(map(str, [*_TEN_STEPS, *options, *more, "--out", folder, "--name", name]))
        for name, more in (alone | together).items()
    }
    for name in alone:
        assert main(words[name]) == 0
    _run_in_two_processes(main.__module__, [words[name] for name in together], folder)
    for name, reference, tolerance, of_gradients in (
        ("processes", "whole", 1e-4, 0.1),
        ("frozen-pieces", "frozen", 1e-5, 1e-4),
        ("frozen-processes", "frozen", 1e-5, 1e-4),
    ):
        found, expected = _steps(folder / name), _steps(folder / reference)
        torch.testing.assert_close(found.losses, expected.losses, rtol=tolerance, atol=0)
        torch.testing.assert_close(found.weights, expected.weights, rtol=tolerance, atol=tolerance)
        largest = max(float(gradient.abs().max()) for gradient in expected.gradients)
        assert largest > 0.01, "the network learns"
        limit = of_gradients * largest
        torch.testing.assert_close(found.gradients, expected.gradients, rtol=0, atol=limit)


def _run_in_two_processes(module: str, trainings: Sequence[Sequence[str]], folder: Path) -> None:
    file = folder / "trainings.json"
    file.write_text(json.dumps(trainings), encoding="utf-8")
    # --standalone takes a free port.
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*launcher, __file__, module, str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr


class _Steps(NamedTuple):
    """The losses of ten steps, the weights after them, and the sums of the gradients (momentum)."""

    losses: Tensor
    weights: dict[str, Tensor]
    gradients: list[Tensor]


def _steps(run: Path) -> _Steps:
    rows = read_rows(run / "metrics.csv")
    losses = [float(row["train/loss"]) for row in rows if row["train/loss"]]
    assert len(losses) == 10
    checkpoint = load_checkpoint(run / "last.ckpt")
    gradients = [state["momentum_buffer"] for state in checkpoint["optimizer"]["state"].values()]
    return _Steps(torch.tensor(losses), checkpoint["model"], gradients)


def _train_all(module: str, file: Path) -> None:
    main = importlib.import_module(module).main
    for number, words in enumerate(json.loads(file.read_text(encoding="utf-8"))):
        # A training ends its process group, and torchrun's own store serves one only.
        distributed.init_process_group(
            "gloo",
            init_method=f"file://{file}.{number}",
            rank=int(os.environ["RANK"]),
            world_size=int(os.environ["WORLD_SIZE"]),
        )
        if status := main(words):
            sys.exit(status)


if __name__ == "__main__":
    _train_all(sys.argv[1], Path(sys.argv[2]))
