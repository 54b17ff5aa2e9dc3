"""The description of the application, and its program ``indexnet-matting``."""

import sys

from indexnet_engine.application import Application
from indexnet_engine.cli.commands import Command
from indexnet_engine.commands.program import commands_of, run_program
from indexnet_engine.reports.data_problems import counted
from indexnet_matting import __version__
from indexnet_matting.commands.check_data import CheckConfig, check_data
from indexnet_matting.commands.evaluate import EvaluateConfig, evaluate
from indexnet_matting.commands.export import ExportConfig
from indexnet_matting.commands.import_weights import ImportConfig, import_weights
from indexnet_matting.commands.info import (
    InfoConfig,
    counting_side,
    memory,
    more_pictures,
    network_of,
    read_image_of,
)
from indexnet_matting.commands.predict import PredictConfig, predict
from indexnet_matting.commands.score import ScoreConfig, score
from indexnet_matting.commands.trimap import TrimapConfig, trimap
from indexnet_matting.config import CONFIGS, TrainConfig
from indexnet_matting.predictor import MattingPredictor
from indexnet_matting.training.train import train

__all__ = ["APPLICATION", "COMMANDS", "main"]


APPLICATION = Application(
    task="matting",
    version=__version__,
    commands={
        "train": Command(
            train, TrainConfig, "train a matting network on foregrounds with mattes", configs=CONFIGS
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
    },
    predictor=MattingPredictor,
    create_model=network_of,
    channels=lambda _model: 4,
    export_options=ExportConfig,
    info_options=InfoConfig,
    read_image=read_image_of,
    counting_side=counting_side,
    more_facts=memory,
    more_pictures=more_pictures,
    written=lambda pictures: counted(pictures, "picture"),
)

COMMANDS = commands_of(APPLICATION)


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run_program(APPLICATION, argv)


if __name__ == "__main__":
    sys.exit(main())
