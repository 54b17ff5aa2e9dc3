"""The command ``indexnet-segmentation``."""

import sys
from typing import Any

import indexnet_engine.cli.commands as engine
from indexnet_core import ShapeError, SpecError
from indexnet_engine.cli.commands import Command
from indexnet_segmentation import __version__
from indexnet_segmentation.commands.check_data import CheckConfig, check_data
from indexnet_segmentation.commands.evaluate import EvaluateConfig, evaluate
from indexnet_segmentation.commands.export import ExportConfig, export
from indexnet_segmentation.commands.info import InfoConfig, info
from indexnet_segmentation.commands.predict import PredictConfig, predict
from indexnet_segmentation.commands.score import ScoreConfig, score
from indexnet_segmentation.config import CONFIGS, TrainConfig
from indexnet_segmentation.training.train import train

__all__ = ["COMMANDS", "main"]


def _train(config: TrainConfig) -> None:
    train(config)


COMMANDS: dict[str, Command[Any]] = {
    "train": Command(
        _train, TrainConfig, "train a segmentation network on images with labels", configs=CONFIGS
    ),
    "evaluate": Command(evaluate, EvaluateConfig, "measure IoU, accuracies and boundaries"),
    "predict": Command(
        predict, PredictConfig, "give each pixel of photographs a class, with pictures of it", ("input",)
    ),
    "score": Command(score, ScoreConfig, "measure anybody's label files"),
    "check-data": Command(
        check_data, CheckConfig, "say what a data set holds and what is wrong with it", ("data",)
    ),
    "export": Command(export, ExportConfig, "write a network as ONNX or .pt2, checked against PyTorch"),
    "info": Command(info, InfoConfig, "parameters, GFLOPs and index maps of a network"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    return engine.main("indexnet-segmentation", COMMANDS, argv, __version__, errors=(ShapeError, SpecError))


if __name__ == "__main__":
    sys.exit(main())
