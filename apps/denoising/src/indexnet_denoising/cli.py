"""The command ``indexnet-denoising``."""

import sys
from dataclasses import dataclass, field
from typing import Any, Literal

import indexnet_engine.cli.commands as engine
from indexnet_core import ShapeError, SpecError
from indexnet_denoising import __version__
from indexnet_denoising.commands.check_data import check, format_report
from indexnet_denoising.commands.evaluate import EvaluateConfig, evaluate
from indexnet_denoising.commands.export import ExportConfig, export
from indexnet_denoising.commands.info import InfoConfig, info
from indexnet_denoising.commands.predict import PredictConfig, predict
from indexnet_denoising.commands.score import ScoreConfig, score
from indexnet_denoising.config import CONFIGS, TrainConfig
from indexnet_denoising.data.patches import SCALES, SIZE, STRIDE
from indexnet_denoising.training.train import train
from indexnet_engine.cli.commands import Command
from indexnet_engine.errors import UserError

__all__ = ["COMMANDS", "main"]


@dataclass
class CheckConfig:
    """A folder of images."""

    data: str = "builtin"
    """Folder of images, or builtin."""
    channels: Literal[1, 3] = 1
    """1 for gray images, 3 for colour."""
    patch_size: int = SIZE
    """Side of a training patch in pixels."""
    stride: int = STRIDE
    """Distance of neighbouring patches in pixels."""
    scales: list[float] = field(default_factory=lambda: list(SCALES))
    """Scales at which patches are cut."""


def check_data(config: CheckConfig) -> None:
    """Print what a folder holds and what is wrong with it; errors give exit status 2."""
    report = check(
        config.data, config.channels, config.patch_size, stride=config.stride, scales=config.scales
    )
    print(format_report(report))
    if report.errors:
        files = {problem.file for problem in report.errors}
        raise UserError(f"{config.data}: {', '.join(sorted(files)[:4])} would stop a training")


def _train(config: TrainConfig) -> None:
    train(config)


COMMANDS: dict[str, Command[Any]] = {
    "train": Command(_train, TrainConfig, "train a denoiser on a folder of images", configs=CONFIGS),
    "evaluate": Command(evaluate, EvaluateConfig, "measure PSNR and SSIM at given noise levels"),
    "predict": Command(predict, PredictConfig, "denoise images, or folders of them", ("input",)),
    "score": Command(score, ScoreConfig, "measure PSNR and SSIM of anybody's results"),
    "check-data": Command(
        check_data, CheckConfig, "say what a folder holds and what is wrong with it", ("data",)
    ),
    "export": Command(export, ExportConfig, "write a network as ONNX or .pt2, checked against PyTorch"),
    "info": Command(info, InfoConfig, "parameters, GFLOPs and index maps of a network"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    return engine.main("indexnet-denoising", COMMANDS, argv, __version__, errors=(ShapeError, SpecError))


if __name__ == "__main__":
    sys.exit(main())
