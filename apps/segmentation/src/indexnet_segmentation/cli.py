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
    "predict": Command(predict, PredictConfig, "predict the class of each pixel of photographs", ("input",)),
    "score": Command(score, ScoreConfig, "measure IoU, accuracies and boundaries of given label files"),
    "check-data": Command(
        check_data, CheckConfig, "report the contents and the problems of a data set", ("data",)
    ),
    "export": Command(export, ExportConfig, "write a network as ONNX or .pt2 and compare it with PyTorch"),
    "info": Command(info, InfoConfig, "report parameters and GFLOPs of a network, draw its index maps"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    return engine.main("indexnet-segmentation", COMMANDS, argv, __version__, errors=(ShapeError, SpecError))


if __name__ == "__main__":
    sys.exit(main())
