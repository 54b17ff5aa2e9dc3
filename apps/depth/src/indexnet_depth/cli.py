"""The description of the application, and its program ``indexnet-depth``."""

import sys

from indexnet_depth import __version__
from indexnet_depth.commands.check_data import CheckConfig, check_data
from indexnet_depth.commands.evaluate import EvaluateConfig, evaluate
from indexnet_depth.commands.info import InfoConfig, model_options, network_of, read_image_of
from indexnet_depth.commands.predict import PredictConfig, predict
from indexnet_depth.commands.score import ScoreConfig, score
from indexnet_depth.config import CONFIGS, TrainConfig
from indexnet_depth.predictor import DepthPredictor
from indexnet_depth.training.train import train
from indexnet_engine.application import Application
from indexnet_engine.cli.commands import Command
from indexnet_engine.commands.export import ExportConfig
from indexnet_engine.commands.program import commands_of, run_program

__all__ = ["APPLICATION", "COMMANDS", "main"]


APPLICATION = Application(
    task="depth",
    version=__version__,
    commands={
        "train": Command(train, TrainConfig, "train a depth network on frames with depth", configs=CONFIGS),
        "evaluate": Command(evaluate, EvaluateConfig, "measure the errors of a network, also at depth edges"),
        "predict": Command(
            predict, PredictConfig, "predict depth in metres for photographs or a video", ("input",)
        ),
        "score": Command(score, ScoreConfig, "measure the errors of given depth maps"),
        "check-data": Command(
            check_data, CheckConfig, "report the contents and the problems of a data folder", ("data",)
        ),
    },
    predictor=DepthPredictor,
    create_model=network_of,
    channels=lambda _model: 3,
    export_options=ExportConfig,
    info_options=InfoConfig,
    read_image=read_image_of,
    export_entries=lambda predictor: {"size": predictor.size},
    model_options=model_options,
)

COMMANDS = commands_of(APPLICATION)


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run_program(APPLICATION, argv)


if __name__ == "__main__":
    sys.exit(main())
