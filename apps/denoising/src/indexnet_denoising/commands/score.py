"""PSNR and SSIM of given images."""

from dataclasses import dataclass
from pathlib import Path

from indexnet_denoising.data.open_data import image_files
from indexnet_denoising.metrics import METRICS, check_measurable, measure
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


def score(config: ScoreConfig) -> None:
    """Measure each image against its clean image; one without the other is an error."""
    check_places(config.json, config.csv)
    results, clean = image_files(config.pred), image_files(config.clean)
    if config.pred.is_file() and config.clean.is_file():
        clean = dict(zip(results, clean.values()))
    require_partners(results, config.clean, "clean image", clean)
    require_partners(clean, config.pred, "prediction", results)
    measures: Measures = {}
    for name, file in results.items():
        reference, result = read_image(clean[name]), read_image(file)
        if reference.shape != result.shape:
            raise UserError(
                f"{file}: {_describe(result.shape)}, but {clean[name]} is {_describe(reference.shape)}"
            )
        check_measurable(file, result)
        measures[name] = measure(reference, result)
    print(format_table("image", measures, METRICS))
    if config.json is not None:
        write_summary(config.json, {"score": measures})
    if config.csv is not None:
        write_csv(config.csv, measures)


def _describe(shape: tuple[int, ...]) -> str:
    height, width, channels = shape
    return f"{height}x{width} {({1: 'gray', 3: 'colour', 4: 'colour with transparency'})[channels]}"
