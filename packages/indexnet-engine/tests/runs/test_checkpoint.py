import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from indexnet_engine.errors import UserError
from indexnet_engine.randomness import get_rng_state
from indexnet_engine.runs.checkpoint import FORMAT, Checkpoint, load_checkpoint, save_checkpoint


def checkpoint(step: int = 3) -> Checkpoint:
    return {
        "format": FORMAT,
        "step": step,
        "best": None,
        "metrics": {"psnr": 31.7},
        "model": {"weight": torch.arange(4.0)},
        "optimizer": {
            "state": {0: {"step": torch.tensor(3.0)}},
            "param_groups": [{"lr": 0.1, "params": [0]}],
        },
        "scaler": {},
        "processes": [{"rng": get_rng_state(), "losses": {"sums": {}, "count": 0}}],
        "data": {"samples": 20},
        "config": {"loop": {"seed": 0, "steps": None}},
    }


def test_round_trip(tmp_path: Path) -> None:
    saved = checkpoint()
    save_checkpoint(tmp_path / "last.ckpt", saved)
    loaded = load_checkpoint(tmp_path / "last.ckpt")
    assert torch.equal(loaded["model"].pop("weight"), saved["model"].pop("weight"))
    for name in ("step", "best", "metrics", "optimizer", "data", "config"):
        assert loaded[name] == saved[name]
    assert loaded["processes"][0]["rng"]["python"] == saved["processes"][0]["rng"]["python"]


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"last\.ckpt: no such checkpoint"):
        load_checkpoint(tmp_path / "last.ckpt")


@pytest.mark.parametrize("damage", ["empty", "half", "text", "flipped"])
def test_damaged(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "last.ckpt"
    save_checkpoint(path, checkpoint())
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[whole.index(torch.arange(4.0).numpy().tobytes()) + 6] ^= 0xFF
    path.write_bytes(
        {"empty": b"", "half": whole[: len(whole) // 2], "text": b"psnr: 31", "flipped": bytes(flipped)}[
            damage
        ]
    )
    with pytest.raises(UserError, match=r"last\.ckpt: not a checkpoint that can be read"):
        load_checkpoint(path)


@pytest.mark.parametrize("content", [{"weight": torch.ones(1)}, [1, 2], torch.ones(3)])
def test_files_that_are_no_checkpoints(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "other.pt")
    with pytest.raises(UserError, match=r"other\.pt: not a checkpoint of a training run"):
        load_checkpoint(tmp_path / "other.pt")


def test_other_format(tmp_path: Path) -> None:
    torch.save({**checkpoint(), "format": 99}, tmp_path / "a.ckpt")
    with pytest.raises(UserError, match=r"a\.ckpt: checkpoint format 99, this version reads format 1"):
        load_checkpoint(tmp_path / "a.ckpt")


class Malicious:
    """Creates a file if a loader executes the code in it."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("writer", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
def test_never_executes_code(tmp_path: Path, writer: Any) -> None:
    target, path = tmp_path / "executed", tmp_path / "evil.ckpt"
    writer({**checkpoint(), "config": Malicious(target)}, path)
    with pytest.raises(UserError, match=r"evil\.ckpt: not a checkpoint that can be read"):
        load_checkpoint(path)
    assert not target.exists()
    torch.load(path, weights_only=False) if writer is torch.save else pickle.loads(path.read_bytes())
    assert target.exists(), "the attack itself must be a real one"


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_killed_at_any_moment(tmp_path: Path) -> None:
    """A process that only writes checkpoints is killed repeatedly."""
    path = tmp_path / "last.ckpt"
    save_checkpoint(path, checkpoint())
    script = (
        "import sys, torch\n"
        "from indexnet_engine.runs.checkpoint import load_checkpoint, save_checkpoint\n"
        "state = load_checkpoint(sys.argv[1])\n"
        "while True:\n"
        "    state['step'] += 1\n"
        "    state['model'] = {'weight': torch.full((1_000_000,), float(state['step']))}\n"
        "    save_checkpoint(sys.argv[1], state)\n"
    )
    waits, steps = random.Random(0), [3]
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", script, str(path)]) as process:
            while load_checkpoint(path)["step"] == steps[-1]:
                assert process.poll() is None
                time.sleep(0.01)
            time.sleep(waits.uniform(0.0, 0.1))
            process.send_signal(signal.SIGKILL)
        state = load_checkpoint(path)
        assert state["step"] > steps[-1]
        assert bool((state["model"]["weight"] == state["step"]).all())
        steps.append(state["step"])
