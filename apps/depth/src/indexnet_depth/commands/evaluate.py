"""Errors of a network on held-out frames, as in Table 7."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from indexnet_depth.commands.score import check_threshold, report
from indexnet_depth.data.crop import evaluation_view
from indexnet_depth.data.open_data import Frame, Frames, open_data
from indexnet_depth.metrics import EDGE_THRESHOLD, Average, Tally, edge_threshold, tally
from indexnet_depth.output.panels import depth_panel
from indexnet_depth.predictor import load_model, run_network, trained_size
from indexnet_engine.errors import UserError
from indexnet_engine.files import make_folder
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.device import pick_device
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import check_places

__all__ = ["EvaluateConfig", "check_frames", "estimates", "evaluate", "measured"]


@dataclass
class EvaluateConfig:
    """Network, data and output."""

    weights: Path
    """Folder of a run."""
    data: str = "builtin"
    """Folder of HDF5 frames, labelled .mat, SUN RGB-D, folder with rgb/ and depth/, or builtin."""
    unit: str | None = None
    """Unit of the depth where the format does not fix it: millimetre, 1/5000 m, metre, ..."""
    average: Average = "images"
    """Average over images, as in FastDepth and the paper, or over all pixels."""
    edge_threshold: float | None = None
    """Sobel gradient of depth in metres above which a pixel is an edge; by default 0.5 at 224 pixels, and
    more at smaller sizes, where the same slope is steeper."""
    json: Path | None = None
    """Write the metrics to this JSON file."""
    csv: Path | None = None
    """Write the metrics to this CSV file."""
    panels: Path | None = None
    """Draw image, true depth and prediction of every frame side by side into this folder."""
    device: str = "auto"
    """cpu, cuda, or auto."""


def evaluate(config: EvaluateConfig) -> None:
    """Measure and print; see `EvaluateConfig`. Nothing is written before all frames have been read once."""
    if config.edge_threshold is not None:
        check_threshold(config.edge_threshold)
    check_places(config.json, config.csv)
    model, size = load_model(config.weights, pick_device(config.device)), trained_size(config.weights)
    frames = open_data(config.data, "val", config.unit)
    check_frames(frames, size=size)
    if config.panels is not None:
        make_folder(config.panels)
    threshold = edge_threshold(size, config.edge_threshold)
    tallies: dict[str, Tally] = {}
    with progress_bar(len(frames.names), "evaluating", unit="frame") as bar:
        for name, view, depth in estimates(model, frames, size):
            tallies[name] = measured(name, depth, view.depth, threshold)
            if config.panels is not None:
                file = config.panels / f"{name}.png"
                write_image(file, depth_panel(view.image, view.depth, [depth]))
            bar.update()
    report(tallies, config.average, config.json, config.csv)


def check_frames(frames: Frames, most: int | None = None, *, size: int | None = None) -> float:
    """Read frames once, so that what is wrong with them is said before anything is written.

    Args:
        frames: of any layout; those of ``builtin`` cannot be wrong and are left alone.
        most: read so many of them only, evenly spaced.
        size: side of the views that are to be measured; each has to hold a valid depth then.

    Returns:
        The mean depth in metres over their valid pixels; not a number where none was read.

    Raises:
        UserError: one cannot be read, or has no valid depth where it is measured.
    """
    count = 0 if frames.layout == "builtin" else len(frames.names)
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


def estimates(
    model: nn.Module, frames: Frames, size: int
) -> Iterator[tuple[str, Frame, NDArray[np.float32]]]:
    """Give one frame after another: its name, the view that FastDepth evaluates, and its estimated depth."""
    for index, name in enumerate(frames.names):
        view = evaluation_view(frames.read(index), size)
        yield name, view, run_network(model, view.image)


def measured(
    name: str, pred: NDArray[np.float32], depth: NDArray[np.float32], threshold: float = EDGE_THRESHOLD
) -> Tally:
    """`tally`, with the frame's name in what it refuses."""
    try:
        return tally(pred, depth, threshold)
    except UserError as error:
        raise UserError(f"{name}: {error}") from None
