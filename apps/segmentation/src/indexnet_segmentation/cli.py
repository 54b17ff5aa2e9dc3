"""The description of the application, and its program ``indexnet-segmentation``."""

import sys

from indexnet_engine.application import Application
from indexnet_engine.cli.commands import Command
from indexnet_engine.commands.export import ExportConfig
from indexnet_engine.commands.program import commands_of, run_program
from indexnet_segmentation import __version__
from indexnet_segmentation.commands.check_data import CheckConfig, check_data
from indexnet_segmentation.commands.evaluate import EvaluateConfig, evaluate
from indexnet_segmentation.commands.info import InfoConfig, network_of, read_image_of, trained_classes
from indexnet_segmentation.commands.predict import PredictConfig, predict
from indexnet_segmentation.commands.score import ScoreConfig, score
from indexnet_segmentation.config import CONFIGS, TrainConfig
from indexnet_segmentation.predictor import SegmentationPredictor
from indexnet_segmentation.training.train import train

__all__ = ["APPLICATION", "COMMANDS", "main"]


APPLICATION = Application(
    task="segmentation",
    version=__version__,
    commands={
        "train": Command(
            train, TrainConfig, "train a segmentation network on images with labels", configs=CONFIGS
        ),
        "evaluate": Command(evaluate, EvaluateConfig, "measure IoU, accuracies and boundaries"),
        "predict": Command(
            predict, PredictConfig, "predict the class of each pixel of photographs", ("input",)
        ),
        "score": Command(score, ScoreConfig, "measure IoU, accuracies and boundaries of given label files"),
        "check-data": Command(
            check_data, CheckConfig, "report the contents and the problems of a data set", ("data",)
        ),
    },
    predictor=SegmentationPredictor,
    create_model=network_of,
    channels=lambda _model: 3,
    export_options=ExportConfig,
    info_options=InfoConfig,
    read_image=read_image_of,
    more_facts=trained_classes,
)

COMMANDS = commands_of(APPLICATION)


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run_program(APPLICATION, argv)


if __name__ == "__main__":
    sys.exit(main())
