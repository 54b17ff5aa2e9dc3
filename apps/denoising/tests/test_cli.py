"""The command line from end to end."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from indexnet_denoising import __version__
from indexnet_denoising.cli import COMMANDS
from indexnet_engine.cli.commands import parse_config

QUICK = (
    "--model.width", 4, "--loop.batch_size", 4, "--loop.steps", 5, "--loop.accelerator", "cpu",
    "--loop.evaluate_every_steps", 2, "--loop.log_every", 1,
)  # fmt: skip


@pytest.fixture
def train(command, photos: Path, tmp_path: Path):
    """Train for five steps; more options may be given."""

    def run(*options: object):
        data = ("--data.train", photos, "--data.test", photos, "--out", tmp_path / "runs")
        return command("train", *data, *QUICK, *options)

    return run


def checkpoint(folder: Path) -> dict:
    return torch.load(folder / "last.ckpt", weights_only=True)


def same(first: Any, second: Any) -> bool:
    """Compare nested states bit for bit."""
    if isinstance(first, torch.Tensor):
        return first.equal(second)
    if isinstance(first, dict):
        return (
            isinstance(second, dict)
            and first.keys() == second.keys()
            and all(same(first[k], second[k]) for k in first)
        )
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return first == second


def test_overview(command) -> None:
    answer = command("--help")
    assert (answer.status, answer.err) == (0, "")
    assert all(f"  {name} " in answer.out for name in COMMANDS)
    assert command("--version").out.split() == ["indexnet-denoising", __version__]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_describes_every_option(command, name: str) -> None:
    answer = command(name, "--help")
    assert (answer.status, answer.err) == (0, "")
    assert COMMANDS[name].help in " ".join(answer.out.split())
    assert "[default: " in answer.out or "[required]" in answer.out
    assert max(map(len, answer.out.splitlines())) < 150


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("predict", "score", "export")])
def test_printed_configurations_can_be_used(command, name: str, tmp_path: Path) -> None:
    answer = command(name, "--print_config")
    assert answer.status == 0
    (tmp_path / "a.yaml").write_text(answer.out)
    config = COMMANDS[name].config
    assert parse_config(config, ["--config", str(tmp_path / "a.yaml")]) == config()


def test_training_fills_a_folder(train, tmp_path: Path) -> None:
    assert train("--model.resampling", "hin").status == 0
    run = tmp_path / "runs/hin"
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert (config["model"]["resampling"], config["loop"]["steps"]) == ("hin", 5)
    assert checkpoint(run)["step"] == 5
    for name in (
        "metrics.csv",
        "environment.json",
        "best.ckpt",
        "model.safetensors",
        "config.json",
        "tensorboard",
    ):
        assert (run / name).exists()


def test_a_run_never_overwrites_another(train, tmp_path: Path) -> None:
    assert train("--loop.steps", 1, "--name", "mine").status == 0
    before = {file: file.read_bytes() for file in (tmp_path / "runs/mine").rglob("*") if file.is_file()}
    assert train("--loop.steps", 1, "--name", "mine", "--loop.seed", 1).status == 0
    assert sorted(folder.name for folder in (tmp_path / "runs").iterdir()) == ["mine", "mine-2"]
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.parametrize("stop", [1, 3])
def test_stopping_and_resuming_changes_nothing(train, command, stop: int, tmp_path: Path) -> None:
    assert train("--name", "whole").status == 0
    answer = train("--name", "parts", "--loop.stop_after", stop)
    assert answer.status == 0
    whole, parts = tmp_path / "runs/whole", tmp_path / "runs/parts"
    assert f"stopped after step {stop} of 5; continue with --resume {parts}" in answer.err
    assert checkpoint(parts)["step"] == stop
    assert not same(checkpoint(parts)["model"], checkpoint(whole)["model"])

    assert command("train", "--resume", parts).status == 0
    first, second = checkpoint(whole), checkpoint(parts)
    for part in ("step", "best", "metrics", "model", "optimizer", "processes"):
        assert same(first[part], second[part]), part
    assert (whole / "model.safetensors").read_bytes() == (parts / "model.safetensors").read_bytes()
    assert (whole / "metrics.csv").read_text() == (parts / "metrics.csv").read_text()
    for picture in (whole / "pictures").iterdir():
        assert picture.read_bytes() == (parts / "pictures" / picture.name).read_bytes()


def test_resuming_refuses_another_training(train, command, tmp_path: Path) -> None:
    assert train("--name", "run", "--loop.stop_after", 1).status == 0
    run = tmp_path / "runs/run"
    before = sorted(run.rglob("*"))
    for option, value, stored in (
        ("--optim.lr", 0.5, 0.001),
        ("--model.width", 8, 4),
        ("--loop.steps", 9, 5),
        ("--data.sigma", 50.0, 25.0),
    ):
        answer = command("train", "--resume", run, option, value)
        assert (answer.status, answer.err.count("\n")) == (2, 1)
        assert f"{option} {value} contradicts {run}, which has {stored}" in answer.err
    assert sorted(run.rglob("*")) == before
    assert command("train", "--resume", run, "--loop.workers", 0, "--model.width", 4).status == 0


def test_resuming_a_finished_run_does_nothing(train, command, tmp_path: Path) -> None:
    assert train("--name", "run", "--loop.steps", 1).status == 0
    before = checkpoint(tmp_path / "runs/run")
    assert command("train", "--resume", tmp_path / "runs/run").status == 0
    assert same(before, checkpoint(tmp_path / "runs/run"))


def test_check_data(command, photos: Path, tmp_path: Path) -> None:
    answer = command("check-data", photos)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith(f"{photos}: 3 images, ")
    assert answer.out.rstrip().endswith("no problems")
    answer = command("check-data", "--data", photos, "--patch-size", 46)
    assert answer.status == 2
    assert "error: barn.png: 45x51 is smaller than a patch of 46x46; remove it" in answer.out
    assert answer.err == f"error: {photos}: barn.png would stop a training\n"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 50, 3), np.uint8)).save(tmp_path / "a.png")
    assert "note: a.png: colour is converted to gray" in command("check-data", tmp_path).out
    assert "no problems" in command("check-data", tmp_path, "--channels", 3).out


def test_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "indexnet_denoising.cli", "predict", "nowhere.png"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: nowhere.png: no such file or folder\n"
