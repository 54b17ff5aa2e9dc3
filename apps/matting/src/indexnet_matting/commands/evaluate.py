"""SAD, MSE, gradient and connectivity errors of a network on a set of images, as in Tables 2 to 4."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from indexnet_engine.files import make_folder
from indexnet_engine.images.folders import refuse_overwriting
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.device import pick_device
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import Measures, check_places, format_table
from indexnet_matting.commands.score import write_measures
from indexnet_matting.data.open_data import load_test_set
from indexnet_matting.data.trimap_images import FolderTestSet, TestImage
from indexnet_matting.metrics import METRICS, measure
from indexnet_matting.predictor import MAX_MEMORY, OVERLAP, load_model, matte
from indexnet_matting.tile_memory import choose_tile

__all__ = ["EvaluateConfig", "check_images", "estimates", "evaluate"]


@dataclass
class EvaluateConfig:
    """Network, data and output."""

    weights: Path
    """Folder of a run, or of imported weights."""
    data: str = "builtin"
    """Folder with image/, alpha/ and trimap/ (or Composition-1k's merged/, ...), or builtin."""
    resize: bool = False
    """Resize to a multiple of 32 and back, as the released evaluation does, instead of padding."""
    json: Path | None = None
    """Write the metrics to this JSON file."""
    csv: Path | None = None
    """Write the metrics to this CSV file."""
    out: Path | None = None
    """Write the mattes to this folder, with 8 bits."""
    max_memory: float = MAX_MEMORY
    """Memory of the network in GB; images that need more are processed in tiles."""
    overlap: int = OVERLAP
    """Overlap of neighbouring tiles in pixels."""
    device: str = "auto"
    """cpu, cuda, or auto."""


def evaluate(config: EvaluateConfig) -> None:
    """Measure and print; see `EvaluateConfig`. A bad image is found before anything is computed."""
    check_places(config.json, config.csv)
    model = load_model(config.weights, pick_device(config.device))
    images = load_test_set(config.data)
    if config.out is not None and isinstance(images, FolderTestSet):
        inputs = (file for files in images.files.values() for file in files)
        refuse_overwriting((config.out / f"{name}.png" for name in images), inputs)
    check_images(model, images, config.max_memory, config.overlap)
    if config.out is not None:
        make_folder(config.out)
    measures: Measures = {}
    with progress_bar(len(images), "evaluating", unit="image") as bar:
        for image, alpha in estimates(
            model, images, resize=config.resize, max_memory=config.max_memory, overlap=config.overlap
        ):
            measures[image.name] = measure(alpha, image.alpha, image.trimap)
            if config.out is not None:
                write_image(config.out / f"{image.name}.png", alpha)
            bar.update()
    print(format_table("image", measures, METRICS))
    write_measures(measures, config.json, config.csv)


def check_images(
    model: nn.Module, images: Mapping[str, TestImage], max_memory: float = MAX_MEMORY, overlap: int = OVERLAP
) -> None:
    """Read every image once.

    Raises:
        UserError: one cannot be read, its parts do not fit, or the memory does not suffice for a tile of it.
    """
    with progress_bar(len(images), "checking", unit="image") as bar:
        for image in images.values():
            choose_tile(model, image.alpha.shape, max_memory, overlap)
            bar.update()


def estimates(
    model: nn.Module,
    images: Mapping[str, TestImage],
    *,
    resize: bool = False,
    max_memory: float = MAX_MEMORY,
    overlap: int = OVERLAP,
) -> Iterator[tuple[TestImage, NDArray[np.float32]]]:
    """Give one image after another with the alpha that a network estimates; for the options see `matte`."""
    for image in images.values():
        yield (
            image,
            matte(model, image.image, image.trimap, resize=resize, max_memory=max_memory, overlap=overlap),
        )
