"""Measures of a set of labelled images, for ``evaluate``, ``score`` and training."""

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import OptionError, UserError
from indexnet_engine.files import write_json, write_text
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import finite, format_table
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.data.labelled_images import LabelledImages, Split
from indexnet_segmentation.data.open_data import data_splits
from indexnet_segmentation.metrics import TOLERANCE, Scores
from indexnet_segmentation.predictor import SegmentationPredictor

__all__ = [
    "check_tolerance",
    "format_scores",
    "held_out",
    "measure_images",
    "predictions",
    "require_classes",
    "write_scores",
]


def measure_images(
    predictor: SegmentationPredictor, images: LabelledImages, tolerance: float | None = TOLERANCE
) -> Scores:
    """Measure a network on all images of a set."""
    scores = Scores(images.classes, tolerance)
    for _, predicted, label in predictions(predictor, images):
        scores.add(predicted, label)
    return scores


def predictions(
    predictor: SegmentationPredictor, images: LabelledImages
) -> Iterator[tuple[str, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the name, the predicted and the true label (H, W) of one image after another."""
    with progress_bar(len(images), "evaluating", unit="image") as bar:
        for index, name in enumerate(images.names):
            image, label = images.read(index)
            yield name, predictor(image), label
            bar.update()


def held_out(source: str, first: Split) -> Split:
    """Choose the split of a data set for evaluation: ``first`` of ``test`` and ``val`` where it is there.

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
        classes: the expected classes.
        source: their source; begins the message.
        images: data that must have the same classes.

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


def format_scores(scores: Scores) -> str:
    """Format a line for each class that occurs, and the metrics of the whole set."""
    rows = {name: row for name, row in scores.by_class().items() if not math.isnan(row["iou"])}
    lines = [format_table("class", rows).rpartition("\n")[0]] if rows else []
    if absent := [name for name in scores.classes.names if name not in rows]:
        lines.append(f"neither in the labels nor predicted: {', '.join(absent)}")
    lines.append("")
    lines += [f"{name:<15} {value:.4f}" for name, value in scores.summary().items()]
    return "\n".join([*lines, f"{'images':<15} {scores.images}"])


def write_scores(scores: Scores, json: Path | None, csv_file: Path | None) -> None:
    """Write the metrics to the files that are named.

    JSON has ``mean`` (the measures of the whole set), ``classes``, ``confusion`` (rows: true classes), and
    ``images``, their number; undefined metrics are null. CSV has a row for each class.
    """
    if json is not None:
        write_json(
            json,
            {
                "mean": finite(scores.summary()),
                "classes": finite(scores.by_class()),
                "confusion": scores.matrix.tolist(),
                "images": scores.images,
            },
        )
    if csv_file is not None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        rows = scores.by_class()
        writer.writerow(["class", *next(iter(rows.values()))])
        writer.writerows(
            [name, *("" if math.isnan(value) else value for value in row.values())]
            for name, row in rows.items()
        )
        write_text(csv_file, text.getvalue())


def check_tolerance(tolerance: float) -> None:
    """Refuse a tolerance of the boundary metrics that is out of range.

    Raises:
        UserError: it is not between 0 and 1.
    """
    if not 0 < tolerance < 1:
        raise OptionError(
            "boundary", f"must be a fraction of the diagonal between 0 and 1, got {tolerance:g}"
        )
