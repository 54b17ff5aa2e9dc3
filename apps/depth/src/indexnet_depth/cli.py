"""The command ``indexnet-depth``."""

import sys
from typing import Any

import indexnet_engine.cli.commands as engine
from indexnet_core import ShapeError, SpecError
from indexnet_depth import __version__
from indexnet_depth.commands.check_data import CheckConfig, check_data
from indexnet_depth.commands.evaluate import EvaluateConfig, evaluate
from indexnet_depth.commands.export import ExportConfig, export
from indexnet_depth.commands.info import InfoConfig, info
from indexnet_depth.commands.predict import PredictConfig, predict
from indexnet_depth.commands.score import ScoreConfig, score
from indexnet_depth.config import CONFIGS, TrainConfig
from indexnet_depth.training.train import train
from indexnet_engine.cli.commands import Command

__all__ = ["COMMANDS", "main"]


def _train(config: TrainConfig) -> None:
    train(config)


COMMANDS: dict[str, Command[Any]] = {
    "train": Command(_train, TrainConfig, "train a depth network on frames with depth", configs=CONFIGS),
    "evaluate": Command(evaluate, EvaluateConfig, "measure the errors of a network, also at depth edges"),
    "predict": Command(
        predict, PredictConfig, "predict depth in metres for photographs or a video", ("input",)
    ),
    "score": Command(score, ScoreConfig, "measure the errors of given depth maps"),
    "check-data": Command(
        check_data, CheckConfig, "report the contents and the problems of a data folder", ("data",)
    ),
    "export": Command(export, ExportConfig, "write a network as ONNX or .pt2 and compare it with PyTorch"),
    "info": Command(info, InfoConfig, "report parameters and GFLOPs of a network, draw its index maps"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    return engine.main("indexnet-depth", COMMANDS, argv, __version__, errors=(ShapeError, SpecError))


if __name__ == "__main__":
    sys.exit(main())
