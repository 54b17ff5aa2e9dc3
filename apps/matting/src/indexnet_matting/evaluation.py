"""Predictions and measures of a set of images, for ``evaluate``, ``score`` and training."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.files import write_json
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import Measures, summarise, write_csv
from indexnet_matting.data.open_data import TestImage
from indexnet_matting.predictor import MattingPredictor

__all__ = ["check_images", "predictions", "write_measures"]


def check_images(predictor: MattingPredictor, images: Mapping[str, TestImage]) -> None:
    """Read every image once.

    Raises:
        UserError: one cannot be read, its parts differ in size, or the memory is too small for a tile.
    """
    with progress_bar(len(images), "checking", unit="image") as bar:
        for image in images.values():
            predictor.tiles_for(image.alpha.shape)
            bar.update()


def predictions(
    predictor: MattingPredictor, images: Mapping[str, TestImage]
) -> Iterator[tuple[TestImage, NDArray[np.float32]]]:
    """Yield one image after another with its predicted alpha (H, W) in [0, 1]."""
    for image in images.values():
        yield image, predictor(image.image, image.trimap)


def write_measures(measures: Measures, json: Path | None, csv: Path | None) -> None:
    """Write metrics as JSON (``{"mean": {...}, "images": {...}}``) and as CSV, where a file is named."""
    if json is not None:
        write_json(json, summarise(measures))
    if csv is not None:
        write_csv(csv, measures)
