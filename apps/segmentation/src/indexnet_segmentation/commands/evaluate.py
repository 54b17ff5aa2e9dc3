"""Mean IoU, accuracies and boundary measures of a network on a set of images."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.files import make_folder
from indexnet_engine.images.folders import refuse_overwriting
from indexnet_engine.inference.device import pick_device
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import check_places
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.data.label_files import write_label
from indexnet_segmentation.data.labelled_images import LabelledImages, Split
from indexnet_segmentation.data.open_data import data_splits, open_data
from indexnet_segmentation.data.statistics import label_statistics
from indexnet_segmentation.metrics import TOLERANCE, Scores
from indexnet_segmentation.predictor import (
    OVERLAP,
    TILE,
    check_tiling,
    class_probabilities,
    load_segmenter,
)
from indexnet_segmentation.report import check_tolerance, format_scores, write_scores

__all__ = ["EvaluateConfig", "evaluate", "held_out", "measure_images", "require_classes"]


@dataclass
class EvaluateConfig:
    """Network, data and output."""

    weights: Path
    """Folder of a run."""
    data: str = "builtin"
    """SUN RGB-D, CamVid, a folder with image/ and label/ (or train/, val/, test/ with these), or builtin."""
    split: Split | None = None
    """Split of the data; test by default, or val where there is no test."""
    labels: str | None = None
    """Numbering of the labels: nyu40-from-1, camvid, ..., or a classes.yaml; see check-data."""
    boundary: float = TOLERANCE
    """Tolerance of the boundary metrics as a fraction of the image diagonal."""
    json: Path | None = None
    """Write the metrics to this JSON file."""
    csv: Path | None = None
    """Write the metrics of each class to this CSV file."""
    out: Path | None = None
    """Write the predicted labels to this folder."""
    tile: int = TILE
    """Side of the tiles in pixels; images with a longer side are processed in tiles."""
    overlap: int = OVERLAP
    """Overlap of neighbouring tiles in pixels."""
    device: str = "auto"
    """cpu, cuda, or auto."""


def evaluate(config: EvaluateConfig) -> None:
    """Measure and print; see `EvaluateConfig`. A bad file is found before anything is computed."""
    check_places(config.json, config.csv)
    check_tolerance(config.boundary)
    model, classes, scale = load_segmenter(config.weights, pick_device(config.device))
    check_tiling(model, config.tile, config.overlap)
    images = open_data(config.data, config.split or held_out(config.data, "test"), config.labels)
    require_classes(classes, config.weights, images)
    if config.out is not None:
        inputs = (file for index in range(len(images)) for file in images.files(index) or ())
        refuse_overwriting((config.out / f"{name}.png" for name in images.names), inputs)
    label_statistics(images)
    if config.out is not None:
        make_folder(config.out)
    scores = Scores(classes, config.boundary)
    with progress_bar(len(images), "evaluating", unit="image") as bar:
        for index, (image, label) in enumerate(_each(images)):
            found = class_probabilities(
                model, image, scale=scale, tile=config.tile, overlap=config.overlap
            ).argmax(0)
            scores.add(found, label)
            if config.out is not None:
                write_label(config.out / f"{images.names[index]}.png", found, classes)
            bar.update()
    print(format_scores(scores))
    write_scores(scores, config.json, config.csv)


def measure_images(
    model: nn.Module, images: LabelledImages, *, scale: float = 1.0, tolerance: float | None = TOLERANCE
) -> Scores:
    """Measure a network, in evaluation mode, on all images of a set."""
    scores = Scores(images.classes, tolerance)
    with progress_bar(len(images), "evaluating", unit="image") as bar:
        for image, label in _each(images):
            scores.add(class_probabilities(model, image, scale=scale).argmax(0), label)
            bar.update()
    return scores


def held_out(source: str, first: Split) -> Split:
    """Name the part of a data set to measure on: ``first`` of ``test`` and ``val`` where it is there.

    Raises:
        UserError: it has neither of them.
    """
    order: tuple[Split, Split] = ("test", "val") if first == "test" else ("val", "test")
    there = data_splits(source)
    for split in order:
        if split in there:
            return split
    raise UserError(f"{source}: has neither val nor test; name held-out images")


def require_classes(classes: Classes, source: str | Path, images: LabelledImages) -> None:
    """Refuse data whose classes are not those of a network, or of other data.

    Args:
        classes: as they should be.
        source: where they are so; begins the message.
        images: what is to have the same classes.

    Raises:
        UserError: names both and the first difference.
    """
    if classes.names == images.classes.names:
        return
    own, other = classes.names, images.classes.names
    if len(own) != len(other):
        raise UserError(f"{source}: has {len(own)} classes, but {images.source} has {len(other)}")
    number = next(index for index, pair in enumerate(zip(own, other)) if pair[0] != pair[1])
    raise UserError(
        f"{source}: class {number} is {own[number]!r}, but in {images.source} it is {other[number]!r}"
    )


def _each(images: LabelledImages) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    for index in range(len(images)):
        yield images.read(index)
