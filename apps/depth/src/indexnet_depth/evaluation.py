"""Predictions and measures of a set of frames, for ``evaluate``, ``score`` and training."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from indexnet_depth.data.crop import evaluation_view
from indexnet_depth.data.frame import DRAWN
from indexnet_depth.data.open_data import Frame, Frames
from indexnet_depth.metrics import EDGE_THRESHOLD, METRICS, Average, Tally, average, tally
from indexnet_depth.metrics.pixelwise import Depth
from indexnet_depth.predictor import DepthPredictor
from indexnet_engine.errors import UserError, check_number
from indexnet_engine.files import write_json
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import finite, format_table, summarise, write_csv

__all__ = ["check_frames", "check_threshold", "measured", "predictions", "report"]


def check_frames(frames: Frames, most: int | None = None, *, size: int | None = None) -> float:
    """Read frames once, so that errors are reported before anything is written.

    Args:
        frames: of any layout; those that this package draws are not read.
        most: largest number of frames to read, evenly spaced.
        size: side of the views that are to be measured; each must have a valid depth.

    Returns:
        The mean depth in metres over their valid pixels; NaN if none was read.

    Raises:
        UserError: one cannot be read, or has no valid depth where it is measured.
    """
    count = 0 if frames.layout in DRAWN else len(frames.names)
    indices = range(0, count, max(1, -(-count // most))) if most else range(count)
    total, pixels = 0.0, 0
    with progress_bar(len(indices), "checking", unit="frame") as bar:
        for index in indices:
            frame = frames.read(index)
            if size is not None and not evaluation_view(frame, size).depth.any():
                name = frames.names[index]
                raise UserError(f"{frames.layout}, frame {name}: no valid depth in the part that is measured")
            depth = frame.depth
            total += float(depth.sum(dtype=np.float64))
            pixels += int(np.count_nonzero(depth))
            bar.update()
    return total / pixels if pixels else math.nan


def predictions(
    model: nn.Module, frames: Frames, size: int
) -> Iterator[tuple[str, Frame, NDArray[np.float32]]]:
    """Yield the name, the view that FastDepth evaluates, and its predicted depth of one frame after another.

    Args:
        model: a network of this package, in evaluation mode.
        frames: frames with depth.
        size: side of the views in pixels.
    """
    predictor = DepthPredictor(model, size=None)
    for index, name in enumerate(frames.names):
        view = evaluation_view(frames.read(index), size)
        yield name, view, predictor(view.image)


def measured(name: str, pred: Depth, depth: Depth, threshold: float = EDGE_THRESHOLD) -> Tally:
    """Compute a `tally`; errors name the frame."""
    try:
        return tally(pred, depth, threshold)
    except UserError as error:
        raise UserError(f"{name}: {error}") from None


def report(tallies: Mapping[str, Tally], over: Average, json: Path | None, csv: Path | None) -> None:
    """Print a table with a line for each map and their average, and write JSON and CSV where a file is named.

    A mean over pixels is not the mean of the lines above it.
    """
    measures = {name: one.measures() for name, one in tallies.items()}
    mean = average(tallies.values(), over)
    print(format_table("image", measures, METRICS, mean))
    if over == "pixels":
        print("the mean is over the pixels of all images together")
    if json is not None:
        write_json(json, finite({"average": over, **summarise(measures, mean)}))
    if csv is not None:
        write_csv(csv, measures)


def check_threshold(edge_threshold: float) -> None:
    """Refuse a threshold of edges that is not a positive number."""
    check_number("edge_threshold", edge_threshold, positive=True)
