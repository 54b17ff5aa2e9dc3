"""The description of the application, and its program ``indexnet-denoising``."""

import sys

from indexnet_denoising import __version__
from indexnet_denoising.commands.check_data import CheckConfig, check_data
from indexnet_denoising.commands.evaluate import EvaluateConfig, evaluate
from indexnet_denoising.commands.export import ExportConfig
from indexnet_denoising.commands.info import InfoConfig, network_of, read_image_of
from indexnet_denoising.commands.predict import PredictConfig, predict
from indexnet_denoising.commands.score import ScoreConfig, score
from indexnet_denoising.config import CONFIGS, TrainConfig
from indexnet_denoising.predictor import DenoisingPredictor, model_channels
from indexnet_denoising.training.train import train
from indexnet_engine.application import Application
from indexnet_engine.cli.commands import Command
from indexnet_engine.commands.program import commands_of, run_program

__all__ = ["APPLICATION", "COMMANDS", "main"]


APPLICATION = Application(
    task="denoising",
    version=__version__,
    commands={
        "train": Command(train, TrainConfig, "train a denoiser on a folder of images", configs=CONFIGS),
        "evaluate": Command(evaluate, EvaluateConfig, "measure PSNR, SSIM and spots at given noise levels"),
        "predict": Command(predict, PredictConfig, "denoise images, or folders of them", ("input",)),
        "score": Command(score, ScoreConfig, "measure PSNR, SSIM and spots of given images"),
        "check-data": Command(
            check_data, CheckConfig, "report the contents and the problems of a data folder", ("data",)
        ),
    },
    predictor=DenoisingPredictor,
    create_model=network_of,
    channels=model_channels,
    export_options=ExportConfig,
    info_options=InfoConfig,
    read_image=read_image_of,
    random_weights_note="note: index maps of random weights; --weights RUN or camera draws trained ones",
)

COMMANDS = commands_of(APPLICATION)


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run_program(APPLICATION, argv)


if __name__ == "__main__":
    sys.exit(main())
