"""The command ``indexnet-matting``."""

import sys
from typing import Any

import indexnet_engine.cli.commands as engine
from indexnet_core import ShapeError, SpecError
from indexnet_engine.cli.commands import Command
from indexnet_matting import __version__
from indexnet_matting.commands.check_data import CheckConfig, check_data
from indexnet_matting.commands.evaluate import EvaluateConfig, evaluate
from indexnet_matting.commands.export import ExportConfig, export
from indexnet_matting.commands.import_weights import ImportConfig, import_weights
from indexnet_matting.commands.info import InfoConfig, info
from indexnet_matting.commands.predict import PredictConfig, predict
from indexnet_matting.commands.score import ScoreConfig, score
from indexnet_matting.commands.trimap import TrimapConfig, trimap
from indexnet_matting.config import CONFIGS, TrainConfig
from indexnet_matting.training.train import train

__all__ = ["COMMANDS", "main"]


def _train(config: TrainConfig) -> None:
    train(config)


COMMANDS: dict[str, Command[Any]] = {
    "train": Command(
        _train, TrainConfig, "train a matting network on foregrounds with mattes", configs=CONFIGS
    ),
    "evaluate": Command(evaluate, EvaluateConfig, "measure SAD, MSE, gradient and connectivity errors"),
    "predict": Command(predict, PredictConfig, "predict mattes and cut-outs from photos and trimaps"),
    "score": Command(score, ScoreConfig, "measure the errors of given mattes"),
    "trimap": Command(trimap, TrimapConfig, "make trimaps from mattes or binary masks", ("input",)),
    "check-data": Command(
        check_data, CheckConfig, "report the contents and the problems of a data folder", ("data",)
    ),
    "import-weights": Command(
        import_weights, ImportConfig, "convert a checkpoint of the paper's authors", ("file",)
    ),
    "export": Command(export, ExportConfig, "write a network as ONNX or .pt2 and compare it with PyTorch"),
    "info": Command(info, InfoConfig, "report parameters and GFLOPs of a network, draw its index maps"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    return engine.main("indexnet-matting", COMMANDS, argv, __version__, errors=(ShapeError, SpecError))


if __name__ == "__main__":
    sys.exit(main())
