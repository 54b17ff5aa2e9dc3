"""PSNR and SSIM of a network on a set of images, as in Table 5."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from indexnet_denoising.data.noise import as_sigma, evaluation_noise
from indexnet_denoising.data.open_data import image_files, load_images
from indexnet_denoising.metrics import METRICS, check_measurable, measure
from indexnet_denoising.predictor import (
    OVERLAP,
    check_tiling,
    denoise,
    load_model,
    model_channels,
)
from indexnet_engine.errors import OptionError
from indexnet_engine.files import make_folder
from indexnet_engine.images.folders import refuse_overwriting
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.device import pick_device
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import (
    Measures,
    check_places,
    format_table,
    write_grouped_csv,
    write_summary,
)

__all__ = ["EvaluateConfig", "evaluate", "evaluate_images"]


@dataclass
class EvaluateConfig:
    """Network, data and output."""

    weights: Path | None = None
    """Folder of a run, or the name of a network of the package; blind-gray by default."""
    data: str = "builtin"
    """Folder of clean images, or builtin."""
    sigma: list[float] = field(default_factory=lambda: [15.0, 25.0, 50.0])
    """Noise levels on the 0-255 scale."""
    seed: int = 0
    """Seed of the noise; with the same seed, every method gets the same noise."""
    json: Path | None = None
    """Write the metrics to this JSON file."""
    csv: Path | None = None
    """Write the metrics to this CSV file."""
    out: Path | None = None
    """Write the denoised images into this folder, one subfolder for each noise level."""
    tile: int = 1024
    """Side of the tiles in pixels; images with a longer side are processed in tiles."""
    overlap: int = OVERLAP
    """Overlap of neighbouring tiles in pixels."""
    device: str = "auto"
    """cpu, cuda, or auto."""


def evaluate(config: EvaluateConfig) -> None:
    """Measure and print; see `EvaluateConfig`."""
    if not config.sigma:
        raise OptionError("sigma", "needs at least one noise level")
    for sigma in config.sigma:
        as_sigma(sigma)
    check_places(config.json, config.csv)
    model = load_model(config.weights, pick_device(config.device))
    check_tiling(model, config.tile, config.overlap)
    clean = load_images(config.data, "test", model_channels(model))
    for name, image in clean.items():
        check_measurable(Path(config.data, name), image)
    if config.out is not None:
        results = (config.out / f"sigma{sigma:g}" / f"{name}.png" for sigma in config.sigma for name in clean)
        refuse_overwriting(results, image_files(config.data, "test").values())
        make_folder(config.out)
    by_sigma: dict[str, Measures] = {}
    for sigma in config.sigma:
        images, estimates = evaluate_images(
            model, clean, sigma, config.seed, tile=config.tile, overlap=config.overlap
        )
        by_sigma[f"{sigma:g}"] = images
        print(format_table(f"sigma {sigma:g}", images, METRICS), end="\n\n")
        if config.out is not None:
            for name, estimate in estimates.items():
                write_image(config.out / f"sigma{sigma:g}" / f"{name}.png", estimate)
    if config.json is not None:
        write_summary(config.json, by_sigma)
    if config.csv is not None:
        write_grouped_csv(config.csv, "sigma", by_sigma)


def evaluate_images(
    model: nn.Module,
    clean: dict[str, NDArray[np.float32]],
    sigma: float,
    seed: int = 0,
    *,
    tile: int = 1024,
    overlap: int = OVERLAP,
) -> tuple[Measures, dict[str, NDArray[np.float32]]]:
    """Add each image's own noise, denoise, and measure (noise not clipped, estimate clipped to [0, 1]).

    Args:
        model: a network of this package, in evaluation mode.
        clean: images (H, W, C) in [0, 1] by name.
        sigma: noise level on the 0–255 scale.
        seed: of the noise.
        tile, overlap: see `denoise`.

    Returns:
        Measures and estimates, by name.
    """
    measures: Measures = {}
    estimates: dict[str, NDArray[np.float32]] = {}
    with progress_bar(len(clean), f"sigma {sigma:g}", unit="image") as bar:
        for name, image in clean.items():
            noisy = image + evaluation_noise(image.shape, sigma, name, seed)
            estimates[name] = denoise(model, noisy, tile=tile, overlap=overlap)
            measures[name] = measure(image, estimates[name])
            bar.update()
    return measures, estimates
