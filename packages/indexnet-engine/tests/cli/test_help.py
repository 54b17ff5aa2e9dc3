"""The help of one command as users see it, and words too long for a line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from indexnet_engine.cli.configuration import parse_config


@dataclass
class Optim:
    """Optimiser."""

    name: Literal["adam", "sgd"] = "adam"
    """Method."""
    milestones: list[float] = field(default_factory=list)
    """Epochs at which the learning rate falls."""


@dataclass
class Train:
    """Training run."""

    images: list[Path]
    """Photographs, or folders of them."""
    out: Path
    """Folder for the run."""
    sizes: list[int] = field(default_factory=lambda: [320, 480])
    """Sides of the crops in pixels; each crop takes one of them."""
    crop: tuple[int, int] = (4, 4)
    steps: int | None = None
    """Number of steps; 100% of the data by default."""
    devices: int | str = "auto"
    """Number of devices. Names stay in one piece: m2o-nl-c-unshared."""
    fast: bool = False
    """Skip the evaluation."""
    optim: Optim = field(default_factory=Optim)


HELP = """\
usage: indexnet-test train IMAGES [IMAGES ...] --out PATH [OPTIONS]

train a network

options:
  -h, --help            Show this help and exit.
  --config FILE         YAML file with options; options of the command line
                        win.
  --print_config        Print the configuration as YAML, ready for --config,
                        and exit.

Training run:
  IMAGES, --images PATH [PATH ...]
                        Photographs, or folders of them. [required]
  --out PATH            Folder for the run. [required]
  --sizes INT [INT ...]
                        Sides of the crops in pixels; each crop takes one of
                        them. [default: 320 480]
  --crop INT INT        Crop. [default: 4 4]
  --steps INT           Number of steps; 100% of the data by default.
  --devices INT|TEXT    Number of devices. Names stay in one piece:
                        m2o-nl-c-unshared. [default: auto]
  --fast [{true,false}]
                        Skip the evaluation. [default: false]

Optimiser:
  --optim FILE          YAML file with options of this group.
  --optim.name {adam,sgd}
                        Method. [default: adam]
  --optim.milestones FLOAT [FLOAT ...]
                        Epochs at which the learning rate falls.
"""


def show(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    with pytest.raises(SystemExit, match="0"):
        parse_config(
            Train,
            ["--help"],
            prog="indexnet-test train",
            description="train a network",
            positional=["images"],
        )
    return capsys.readouterr().out


def test_help_of_a_command(capsys, monkeypatch) -> None:
    assert show(capsys, monkeypatch, columns=80) == HELP


def test_help_fits_the_terminal(capsys, monkeypatch) -> None:
    for columns in (60, 120):
        lines = show(capsys, monkeypatch, columns).splitlines()
        assert columns - 25 < max(map(len, lines[1:])) < columns  # the usage stays one line
    assert "[default:\n" not in show(capsys, monkeypatch, columns=46)
