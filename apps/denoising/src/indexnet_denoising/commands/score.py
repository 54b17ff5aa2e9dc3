"""PSNR and SSIM of given images, and spots if the noisy images are known."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.data.open_data import image_files
from indexnet_denoising.metrics import METRICS, NOISE_METRICS, check_measurable, measure
from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import require_partners
from indexnet_engine.images.image_file import read_image
from indexnet_engine.reports.metric_tables import (
    Measures,
    MetricFiles,
    check_places,
    format_table,
    write_csv,
    write_summary,
)

__all__ = ["ScoreConfig", "score"]


@dataclass(kw_only=True)
class ScoreConfig(MetricFiles):
    """Results and ground truth, paired by file name."""

    pred: Path
    """Folder of denoised images, or one image."""
    clean: Path
    """Folder of clean images with the same names (suffixes may differ), or one image."""
    noisy: Path | None = None
    """Folder of the noisy images, likewise; adds the share of spots."""


def score(config: ScoreConfig) -> None:
    """Measure each image against its clean image; one without the other is an error."""
    check_places(config.json, config.csv)
    results = image_files(config.pred)
    clean = _partners(config, results, config.clean, "clean image")
    noisy = None if config.noisy is None else _partners(config, results, config.noisy, "noisy image")
    measures: Measures = {}
    for name, file in results.items():
        result = read_image(file)
        reference = _read_like(clean[name], result, file)
        check_measurable(file, result)
        measures[name] = measure(
            reference, result, None if noisy is None else _read_like(noisy[name], result, file)
        )
    print(format_table("image", measures, METRICS | NOISE_METRICS))
    if config.json is not None:
        write_summary(config.json, {"score": measures})
    if config.csv is not None:
        write_csv(config.csv, measures)


def _partners(config: ScoreConfig, results: dict[str, Path], data: Path, kind: str) -> dict[str, Path]:
    """List the images that belong to the results, by the names of these."""
    partners = image_files(data)
    if config.pred.is_file() and data.is_file():
        partners = dict(zip(results, partners.values()))
    require_partners(results, data, kind, partners)
    require_partners(partners, config.pred, "prediction", results)
    return partners


def _read_like(partner: Path, result: NDArray[np.float32], file: Path) -> NDArray[np.float32]:
    """Read the image that belongs to a result and must have its size and channels."""
    image = read_image(partner)
    if image.shape != result.shape:
        raise UserError(f"{file}: {_describe(result.shape)}, but {partner} is {_describe(image.shape)}")
    return image


def _describe(shape: tuple[int, ...]) -> str:
    height, width, channels = shape
    return f"{height}x{width} {({1: 'gray', 3: 'colour', 4: 'colour with transparency'})[channels]}"
