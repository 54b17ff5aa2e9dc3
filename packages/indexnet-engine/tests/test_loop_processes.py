"""The training loop in separate processes: several at once, and killed ones."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from indexnet_engine.runs.checkpoint import load_checkpoint
from indexnet_engine.runs.metrics_csv import read_rows

SpawnToy = Callable[..., "Popen[str]"]
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def finish(process: "Popen[str]", status: int = 0) -> str:
    _, stderr = process.communicate()
    assert process.returncode == status, stderr
    return stderr


def contents(folder: Path) -> list[Any]:
    """Everything in the last checkpoint but the configuration, in which stop_after differs on purpose."""
    state = load_checkpoint(folder / "last.ckpt")
    return _flat({name: value for name, value in state.items() if name != "config"})


def _flat(value: Any) -> list[Any]:
    if isinstance(value, Tensor):
        return value.flatten().tolist()
    if isinstance(value, dict):
        return [item for key, entry in value.items() for item in [key, *_flat(entry)]]
    if isinstance(value, list | tuple):
        return [item for entry in value for item in _flat(entry)]
    return [value]


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="needs torch.distributed")
def test_two_processes_stop_and_resume_bit_for_bit(spawn_toy: SpawnToy, tmp_path: Path) -> None:
    """With dropout, batch norm, accumulation and averaged weights, in the middle of an epoch."""
    options = ["--accumulate", 2, "--ema", 0.8, "--freeze-bn-from", 0.8]
    finish(spawn_toy(tmp_path, *options, processes=2))
    stderr = finish(spawn_toy(tmp_path, *options, "--stop-after", 7, processes=2))
    whole, part = tmp_path / "run", tmp_path / "run-2"
    assert stderr.count(f"continue with --resume {part}") == 1, "only one process speaks"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "run-2"], "only one process writes"
    finish(spawn_toy(tmp_path, *options, "--resume", part, processes=2))
    assert contents(part) == contents(whole)
    for name in ("metrics.csv", "model.safetensors"):
        assert (part / name).read_bytes() == (whole / name).read_bytes(), name
    processes = load_checkpoint(whole / "last.ckpt")["processes"]
    assert len(processes) == 2
    assert not torch.equal(processes[0]["rng"]["torch"], processes[1]["rng"]["torch"]), "dropout must differ"


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="needs torch.distributed")
def test_two_processes_train_as_one(spawn_toy: SpawnToy, toy: ModuleType, tmp_path: Path) -> None:
    """Without batch norm and dropout, which depend on the processes, only rounding differs."""
    finish(spawn_toy(tmp_path, "--plain", "--ema", 0.8, processes=2))
    one = toy.train(tmp_path, task=toy.ToyTask(batch_norm=False, dropout=0.0), ema=0.8)
    states = [load_checkpoint(folder / "last.ckpt") for folder in (tmp_path / "run", one.folder)]
    for part in ("model", "average"):
        for name, tensor in states[0][part].items():
            torch.testing.assert_close(tensor, states[1][part][name], rtol=1e-4, atol=1e-5)
    losses = [
        [float(row["train/loss"]) for row in read_rows(folder / "metrics.csv") if row["train/loss"]]
        for folder in (tmp_path / "run", one.folder)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@posix
@pytest.mark.slow
def test_killing_costs_at_most_the_work_since_the_last_checkpoint(
    spawn_toy: SpawnToy, toy: ModuleType, tmp_path: Path
) -> None:
    folder, steps = tmp_path / "run", 300
    whole = toy.train(tmp_path / "whole", steps=steps, checkpoint_every=7)
    arguments = [tmp_path, "--steps", steps, "--checkpoint-every", 7]
    done = 0
    for resume in ([], ["--resume", folder]):
        process = spawn_toy(*arguments, "--delay", 0.03, *resume)
        while load_step(folder) <= done:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = load_step(folder)
        assert done % 7 == 0
        logged = int(read_rows(folder / "metrics.csv")[-1]["step"])
        assert logged - done < 7
    finish(spawn_toy(*arguments, "--resume", folder))
    assert contents(folder) == contents(whole.folder)
    assert (folder / "metrics.csv").read_bytes() == (whole.folder / "metrics.csv").read_bytes()
    assert not list(folder.glob(".*")), "half-written files are cleared away"


def load_step(folder: Path) -> int:
    path = folder / "last.ckpt"
    return load_checkpoint(path)["step"] if path.exists() else 0


@posix
@pytest.mark.slow
def test_terminated_from_outside(spawn_toy: SpawnToy, tmp_path: Path) -> None:
    """As by a job scheduler: the whole process group, including data workers, gets SIGTERM."""
    options = ["--steps", 300, "--delay", 0.1, "--workers", 2, "--checkpoint-every", 2]
    process = spawn_toy(tmp_path, *options, new_group=True)
    while load_step(tmp_path / "run") < 2:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGTERM)
    stderr = finish(process, status=143)
    assert "continue with --resume" in stderr
    assert "Traceback" not in stderr
    assert load_step(tmp_path / "run") >= 3
