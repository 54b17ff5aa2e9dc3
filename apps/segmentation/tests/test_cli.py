"""The command line from end to end."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from indexnet_engine.cli.commands import parse_config
from indexnet_segmentation import __version__
from indexnet_segmentation.cli import COMMANDS

QUICK = (
    "--model.width", 2, "--model.resampling", "hin", "--data.size", 32, "--loop.batch_size", 2,
    "--loop.steps", 4, "--loop.accelerator", "cpu", "--loop.evaluate_every_steps", 2, "--loop.log_every", 1,
)  # fmt: skip
NEEDING = ("predict", "evaluate", "score", "export")


@pytest.fixture
def train(command, split_folder: Path, tmp_path: Path):
    """Train for four steps; more options may be given."""

    def run(*options: object):
        return command("train", "--data.train", split_folder, "--out", tmp_path / "runs", *QUICK, *options)

    return run


def test_overview(command) -> None:
    answer = command("--help")
    assert (answer.status, answer.err) == (0, "")
    assert all(f"  {name} " in answer.out for name in COMMANDS)
    assert command("--version").out.split() == ["indexnet-segmentation", __version__]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_describes_every_option(command, name: str) -> None:
    answer = command(name, "--help")
    assert (answer.status, answer.err) == (0, "")
    assert COMMANDS[name].help in " ".join(answer.out.split())
    assert "[default: " in answer.out or "[required]" in answer.out


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in NEEDING])
def test_printed_configurations_can_be_used(command, name: str, tmp_path: Path) -> None:
    answer = command(name, "--print_config")
    assert answer.status == 0
    (tmp_path / "a.yaml").write_text(answer.out)
    config = COMMANDS[name].config
    assert parse_config(config, ["--config", str(tmp_path / "a.yaml")]) == config()


def test_stopping_and_resuming_changes_nothing(train, command, tmp_path: Path) -> None:
    assert train("--name", "whole").status == 0
    assert train("--name", "parts", "--loop.stop_after", 1).status == 0
    whole, parts = tmp_path / "runs/whole", tmp_path / "runs/parts"
    assert command("train", "--resume", parts).status == 0
    first, second = (torch.load(run / "last.ckpt", weights_only=True)["model"] for run in (whole, parts))
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())
    assert (whole / "model.safetensors").read_bytes() == (parts / "model.safetensors").read_bytes()
    assert (whole / "metrics.csv").read_text() == (parts / "metrics.csv").read_text()
    for picture in (whole / "pictures").iterdir():
        assert picture.read_bytes() == (parts / "pictures" / picture.name).read_bytes()


def test_resuming_refuses_another_training(train, command, tmp_path: Path) -> None:
    assert train("--name", "run", "--loop.stop_after", 1).status == 0
    run = tmp_path / "runs/run"
    answer = command("train", "--resume", run, "--data.scale", 0.5)
    assert answer.status == 2
    assert f"--data.scale 0.5 contradicts {run}, which has 1.0" in answer.err


def test_from_training_to_pictures(train, command, split_folder: Path, tmp_path: Path) -> None:
    assert train("--name", "run").status == 0
    weights = ("--weights", tmp_path / "runs/run")
    assert command("evaluate", *weights, "--data", split_folder).status == 0
    images = split_folder / "test" / "image"
    assert command("predict", images, *weights, "--out", tmp_path / "out").status == 0
    answer = command(
        "score", "--pred", tmp_path / "out", "--label", split_folder / "test" / "label",
        "--labels", split_folder / "classes.yaml",
    )  # fmt: skip
    assert answer.status == 0
    assert "miou" in answer.out


def test_a_configuration_by_name(command) -> None:
    answer = command("train", "--config", "camvid-small", "--print_config")
    assert "scale: 0.5" in answer.out
    assert "no file 'nothing', and none of" in command("train", "--config", "nothing").err


def test_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "indexnet_segmentation.cli", "predict", "nowhere.png", "--weights", "none"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: nowhere.png: no such file or folder\n"
