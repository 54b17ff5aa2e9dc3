"""Errors of a network on held-out frames, as in Table 7."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from indexnet_depth.data.crop import SIZE
from indexnet_depth.data.open_data import open_data
from indexnet_depth.evaluation import check_frames, check_threshold, measured, predictions, report
from indexnet_depth.metrics import Average, Tally, edge_threshold, median_scaled
from indexnet_depth.output.panels import depth_panel
from indexnet_depth.predictor import DepthPredictor
from indexnet_engine.files import make_folder
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.load_network import Precision
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import MetricFiles, check_places

__all__ = ["EvaluateConfig", "evaluate"]

Scale = Literal["none", "median"]


@dataclass(kw_only=True)
class EvaluateConfig(MetricFiles):
    """Network, data and output."""

    weights: Path | None = None
    """Folder of a run, or the name of a network of the package; rooms by default."""
    data: str = "builtin"
    """Folder of HDF5 frames, labelled .mat, SUN RGB-D, folder with rgb/ and depth/, builtin or
    generated."""
    unit: str | None = None
    """Unit of the depth where the format does not fix it: millimetre, 1/5000 m, metre, ..."""
    average: Average = "images"
    """Average over images, as in FastDepth and the paper, or over all pixels."""
    scale: Scale = "none"
    """Multiply each prediction by nothing, or so that its median is that of the true depth."""
    edge_threshold: float | None = None
    """Sobel gradient of depth in metres above which a pixel is an edge; by default 0.5 at 224 pixels, and
    more at smaller sizes, where the same slope is steeper."""
    panels: Path | None = None
    """Draw image, true depth and prediction of every frame side by side into this folder."""
    device: str = "auto"
    """cpu, cuda, or auto."""
    precision: Precision = "as-trained"
    """Precision, as in predict: 32, bf16 or, on a GPU, fp16; as-trained runs the network unchanged."""


def evaluate(config: EvaluateConfig) -> None:
    """Measure and print; see `EvaluateConfig`. All frames are read once before anything is written."""
    if config.edge_threshold is not None:
        check_threshold(config.edge_threshold)
    check_places(config.json, config.csv)
    predictor = DepthPredictor.from_pretrained(
        config.weights, device=config.device, precision=config.precision
    )
    size = predictor.size or SIZE
    frames = open_data(config.data, "val", config.unit)
    check_frames(frames, size=size)
    if config.panels is not None:
        make_folder(config.panels)
    threshold = edge_threshold(size, config.edge_threshold)
    tallies: dict[str, Tally] = {}
    with progress_bar(len(frames.names), "evaluating", unit="frame") as bar:
        for name, view, depth in predictions(predictor.model, frames, size):
            scaled = median_scaled(depth, view.depth) if config.scale == "median" else depth
            tallies[name] = measured(name, scaled, view.depth, threshold)
            if config.panels is not None:
                file = config.panels / f"{name}.png"
                write_image(file, depth_panel(view.image, view.depth, [depth]))
            bar.update()
    report(tallies, config.average, config.json, config.csv)
