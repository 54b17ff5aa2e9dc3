"""The command line from end to end."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from indexnet_engine.cli.commands import parse_config
from indexnet_matting import __version__
from indexnet_matting.cli import COMMANDS

QUICK = (
    "--model.width", 0.1, "--data.crops", 64, "--data.size", 64, "--data.repeats", 2, "--loop.batch_size", 2,
    "--loop.steps", 4, "--loop.accelerator", "cpu", "--loop.evaluate_every_steps", 2, "--loop.log_every", 1,
)  # fmt: skip


@pytest.fixture
def train(command, training_folder: Path, test_folder: Path, tmp_path: Path):
    """Train for four steps; more options may be given."""

    def run(*options: object):
        data = ("--data.train", training_folder, "--data.test", test_folder, "--out", tmp_path / "runs")
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
    assert command("--version").out.split() == ["indexnet-matting", __version__]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_describes_every_option(command, name: str) -> None:
    answer = command(name, "--help")
    assert (answer.status, answer.err) == (0, "")
    assert COMMANDS[name].help in " ".join(answer.out.split())
    assert max(map(len, answer.out.splitlines())) < 150
    assert "[b1|" not in answer.out


@pytest.mark.parametrize("name", ["train", "check-data", "info"])
def test_printed_configurations_can_be_used(command, name: str, tmp_path: Path) -> None:
    answer = command(name, "--print_config")
    assert answer.status == 0
    (tmp_path / "a.yaml").write_text(answer.out)
    config = COMMANDS[name].config
    assert parse_config(config, ["--config", str(tmp_path / "a.yaml")]) == config()


def test_configurations_that_come_along_go_by_their_names(command) -> None:
    printed = yaml.safe_load(command("train", "--config", "paper", "--print_config").out)
    assert printed["encoder_lr_scale"] == 1.0


def test_training_fills_a_folder(train, tmp_path: Path) -> None:
    assert train("--model.resampling", "hin").status == 0
    run = tmp_path / "runs/b11-hin"
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert (config["model"]["resampling"], config["loop"]["steps"]) == ("hin", 4)
    assert checkpoint(run)["step"] == 4
    for name in (
        "metrics.csv",
        "environment.json",
        "best.ckpt",
        "model.safetensors",
        "config.json",
        "tensorboard",
    ):
        assert (run / name).exists()


def test_a_run_can_be_used_by_the_other_commands(train, command, test_folder: Path, tmp_path: Path) -> None:
    assert train("--loop.steps", 1).status == 0
    weights = ("--weights", tmp_path / "runs/b11")
    pair = ("--image", test_folder / "image", "--trimap", test_folder / "trimap")
    assert command("predict", *pair, *weights, "--out", tmp_path / "out").status == 0
    assert command("evaluate", *weights, "--data", test_folder).status == 0
    assert command("info", *weights).status == 0


@pytest.mark.parametrize("stop", [1, 3])
def test_stopping_and_resuming_changes_nothing(train, command, stop: int, tmp_path: Path) -> None:
    options = ("--model.resampling", "o2o-shared")
    assert train("--name", "whole", *options).status == 0
    answer = train("--name", "parts", "--loop.stop_after", stop, *options)
    assert answer.status == 0
    whole, parts = tmp_path / "runs/whole", tmp_path / "runs/parts"
    assert f"stopped after step {stop} of 4; continue with --resume {parts}" in answer.err
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
    for option, value, stored in (
        ("--optim.lr", 0.5, 0.01),
        ("--model.width", 0.2, 0.1),
        ("--encoder_lr_scale", 1.0, 0.01),
        ("--data.size", 96, 64),
    ):
        answer = command("train", "--resume", run, option, value)
        assert (answer.status, answer.err.count("\n")) == (2, 1)
        assert f"{option} {value} contradicts {run}, which has {stored}" in answer.err
    assert command("train", "--resume", run, "--loop.workers", 0).status == 0


def test_workers_do_not_change_the_data(train, tmp_path: Path) -> None:
    for workers in (0, 2):
        assert train("--name", f"w{workers}", "--loop.workers", workers).status == 0
    first, second = ((tmp_path / f"runs/w{workers}/metrics.csv").read_text() for workers in (0, 2))
    assert first == second


def test_as_a_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "indexnet_matting.cli",
            "predict", "--image", "nowhere.png", "--trimap", "nowhere.png", "--weights", "nowhere",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: nowhere.png: no such file or folder\n"
