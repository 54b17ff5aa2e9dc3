from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from indexnet_core import ResamplingStages
from indexnet_engine.application import Application
from indexnet_engine.cli.commands import Command
from indexnet_engine.commands.program import commands_of, run_program
from indexnet_engine.images.image_file import read_image, to_tensor, write_image
from indexnet_engine.inference.load_network import load_trained
from indexnet_engine.inference.predictor import Predictor
from indexnet_engine.weights.pretrained import save_pretrained


class OneStage(nn.Module):
    """Pools and upsamples once."""

    stride = 2

    def __init__(self, resampling: str = "hin") -> None:
        super().__init__()
        self.config = {"model": "one-stage", "resampling": resampling}
        self.resampling = ResamplingStages(resampling, [3])

    def forward(self, x: Tensor) -> Tensor:
        return self.resampling[0].up(*self.resampling[0].down(x))


def create_model(model: str, **arguments: Any) -> OneStage:
    return OneStage(**arguments)


class OneStagePredictor(Predictor):
    task = "toy"
    load_model = staticmethod(lambda weights, device: load_trained(weights, create_model, "toy", device))

    def network_input(self, image: np.ndarray) -> Tensor:
        return to_tensor(image)


@dataclass
class Model:
    """The network."""

    resampling: str = "hin"
    """Operator."""


@dataclass
class Info:
    """A network and an image."""

    model: Model = field(default_factory=Model)
    weights: Path | None = None
    """Folder of a run."""
    image: Path | None = None
    """An image."""
    out: Path = Path("maps")
    """Folder for index maps."""


@dataclass
class Export:
    """A network and a file."""

    weights: Path
    """Folder of a run."""
    out: Path
    """File."""
    tolerance: float = 1e-4
    opset: int = 18
    """Largest difference."""


APPLICATION = Application(
    task="toy",
    version="1.2",
    commands={"greet": Command(lambda options: print("hello", options.out), Info, "print a greeting")},
    predictor=OneStagePredictor,
    create_model=lambda options: OneStage(options.model.resampling),
    channels=lambda _model: 3,
    export_options=Export,
    info_options=Info,
    read_image=lambda options: None if options.image is None else (read_image(options.image, 3),),
    counting_side=lambda _model: 32,
    more_facts=lambda predictor, _options: {"tile": str(predictor.tile)},
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    """Run the program; return exit status, stdout and stderr."""

    def call(*words: object) -> tuple[int, str, str]:
        status = run_program(APPLICATION, [str(word) for word in words])
        return (status, *capsys.readouterr())

    return call


def test_shared_commands_follow_the_own_ones(run) -> None:
    assert list(commands_of(APPLICATION)) == ["greet", "export", "info"]
    assert run("greet", "--out", "there") == (0, "hello there\n", "")
    assert run("--version") == (0, "indexnet-toy 1.2\n", "")


def test_info_prints_options_cost_and_further_facts(run) -> None:
    status, out, _ = run("info", "--model.resampling", "max")
    assert status == 0
    names = [line.split()[0] for line in out.splitlines()]
    assert names == ["model", "resampling", "parameters", "GFLOPs", "tile"]
    assert "(multiply-accumulates / 2^30 at 3 x 32 x 32)" in out


def test_info_draws_index_maps(run, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.random.default_rng(0).random((5, 8, 3)))
    status, _, err = run("info", "--image", tmp_path / "a.png", "--out", tmp_path / "maps")
    assert status == 0
    assert err.splitlines() == [
        f"wrote the index maps of 1 stages to {tmp_path / 'maps'}",
        APPLICATION.random_weights_note,
    ]
    names = sorted(file.name for file in (tmp_path / "maps").iterdir())
    assert names == ["a-stage1-decoder.png", "a-stage1-encoder.png"]
    status, out, err = run("info", "--image", tmp_path / "a.png", "--model.resampling", "max")
    assert (status, out) == (2, "")
    assert "this network has no index maps to draw" in err


def test_export_writes_what_pytorch_reads(run, tmp_path: Path) -> None:
    torch.manual_seed(0)
    save_pretrained(OneStage(), tmp_path / "net", {"task": "toy"})
    status, _, err = run("export", "--weights", tmp_path / "net", "--out", tmp_path / "a.pt2")
    assert status == 0, err
    x = torch.rand(1, 3, 8, 10)
    found = torch.export.load(tmp_path / "a.pt2").module()(x)
    torch.testing.assert_close(
        found, OneStagePredictor.from_pretrained(tmp_path / "net", device="cpu").model(x)
    )
