"""The command ``indexnet-denoising``."""

import sys
from typing import Any

import indexnet_engine.cli.commands as engine
from indexnet_core import ShapeError, SpecError
from indexnet_denoising import __version__
from indexnet_denoising.commands.check_data import CheckConfig, check_data
from indexnet_denoising.commands.evaluate import EvaluateConfig, evaluate
from indexnet_denoising.commands.export import ExportConfig, export
from indexnet_denoising.commands.info import InfoConfig, info
from indexnet_denoising.commands.predict import PredictConfig, predict
from indexnet_denoising.commands.score import ScoreConfig, score
from indexnet_denoising.config import CONFIGS, TrainConfig
from indexnet_denoising.training.train import train
from indexnet_engine.cli.commands import Command

__all__ = ["COMMANDS", "main"]


def _train(config: TrainConfig) -> None:
    train(config)


COMMANDS: dict[str, Command[Any]] = {
    "train": Command(_train, TrainConfig, "train a denoiser on a folder of images", configs=CONFIGS),
    "evaluate": Command(evaluate, EvaluateConfig, "measure PSNR and SSIM at given noise levels"),
    "predict": Command(predict, PredictConfig, "denoise images, or folders of them", ("input",)),
    "score": Command(score, ScoreConfig, "measure PSNR and SSIM of given images"),
    "check-data": Command(
        check_data, CheckConfig, "report the contents and the problems of a data folder", ("data",)
    ),
    "export": Command(export, ExportConfig, "write a network as ONNX or .pt2 and compare it with PyTorch"),
    "info": Command(info, InfoConfig, "report parameters and GFLOPs of a network, draw its index maps"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    return engine.main("indexnet-denoising", COMMANDS, argv, __version__, errors=(ShapeError, SpecError))


if __name__ == "__main__":
    sys.exit(main())
