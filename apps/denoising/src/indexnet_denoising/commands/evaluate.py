"""PSNR, SSIM and spots of a network on a set of images, as in Table 5."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.data.noise import as_sigma
from indexnet_denoising.data.open_data import image_files, load_images
from indexnet_denoising.evaluation import evaluate_images
from indexnet_denoising.metrics import METRICS, NOISE_METRICS, check_measurable
from indexnet_denoising.packaged import FOR_WHITE_NOISE
from indexnet_denoising.predictor import DenoisingPredictor, model_channels
from indexnet_engine.errors import OptionError
from indexnet_engine.files import make_folder, write_json
from indexnet_engine.images.folders import refuse_overwriting
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.load_network import Precision
from indexnet_engine.inference.predictor import TileOptions
from indexnet_engine.reports.metric_tables import (
    Measures,
    MetricFiles,
    check_places,
    finite,
    format_table,
    summarise,
    write_grouped_csv,
)
from indexnet_engine.weights.pretrained import load_config

__all__ = ["EvaluateConfig", "evaluate"]


@dataclass(kw_only=True)
class EvaluateConfig(MetricFiles, TileOptions):
    """Network, data and output."""

    weights: Path | None = None
    """Folder of a run, or the name of a network of the package; by default blind-gray, the one for white
    noise."""
    data: str = "builtin"
    """Folder of clean images, or builtin."""
    sigma: list[float] = field(default_factory=lambda: [15.0, 25.0, 50.0])
    """Noise levels on the 0-255 scale."""
    seed: int = 0
    """Seed of the noise; with the same seed, every method gets the same noise."""
    clip_noise: bool | None = None
    """Clip noisy images to [0, 1] and round them to 8 bits, as a file does; by default as in the training of
    the network."""
    out: Path | None = None
    """Write the denoised images into this folder, one subfolder for each noise level."""
    device: str = "auto"
    """cpu, cuda, or auto."""
    precision: Precision = "as-trained"
    """Precision, as in predict: 32, bf16 or, on a GPU, fp16; as-trained runs the network unchanged."""


def evaluate(config: EvaluateConfig) -> None:
    """Measure and print; see `EvaluateConfig`. Bad images are reported before anything is computed."""
    if not config.sigma:
        raise OptionError("sigma", "needs at least one noise level")
    for sigma in config.sigma:
        as_sigma(sigma)
    check_places(config.json, config.csv)
    predictor = DenoisingPredictor.from_pretrained(
        _weights(config), device=config.device, precision=config.precision, **config.as_arguments()
    )
    clean = load_images(config.data, "test", model_channels(predictor.model))
    for name, image in clean.items():
        check_measurable(Path(config.data, name), image)
    if config.out is not None:
        results = (_result(config.out, sigma, name) for sigma in config.sigma for name in clean)
        refuse_overwriting(results, image_files(config.data, "test").values())
        make_folder(config.out)
    clip_noise = _clips_noise(config)
    by_sigma = {
        f"{sigma:g}": _at_level(predictor, clean, sigma, config, clip_noise) for sigma in config.sigma
    }
    if config.json is not None:
        groups = {sigma: {"clip_noise": clip_noise} | summarise(images) for sigma, images in by_sigma.items()}
        write_json(config.json, finite(groups))
    if config.csv is not None:
        write_grouped_csv(config.csv, "sigma", by_sigma)


def _weights(config: EvaluateConfig) -> Path:
    return Path(FOR_WHITE_NOISE) if config.weights is None else config.weights


def _clips_noise(config: EvaluateConfig) -> bool:
    """Return whether noisy images are clipped: the option, or what the network was trained with."""
    if config.clip_noise is not None:
        return config.clip_noise
    return load_config(DenoisingPredictor.find_weights(_weights(config))).get("clip_noise") is True


def _at_level(
    predictor: DenoisingPredictor,
    clean: dict[str, NDArray[np.float32]],
    sigma: float,
    config: EvaluateConfig,
    clip_noise: bool,
) -> Measures:
    """Measure at one noise level, print the table and write the denoised images."""
    measures, denoised = evaluate_images(predictor, clean, sigma, config.seed, clip_noise=clip_noise)
    title = f"sigma {sigma:g}{', clipped' if clip_noise else ''}"
    print(format_table(title, measures, METRICS | NOISE_METRICS), end="\n\n")
    if config.out is not None:
        for name, image in denoised.items():
            write_image(_result(config.out, sigma, name), image)
    return measures


def _result(out: Path, sigma: float, name: str) -> Path:
    return out / f"sigma{sigma:g}" / f"{name}.png"
