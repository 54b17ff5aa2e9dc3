"""Metrics of given depth maps."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexnet_depth.data.depth_file import DEPTH_SUFFIXES, read_depth
from indexnet_depth.evaluation import check_threshold, report
from indexnet_depth.metrics import EDGE_THRESHOLD, Average, Tally, tally
from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import files_by_name, require_partners
from indexnet_engine.progress import progress_bar, say
from indexnet_engine.reports.metric_tables import MetricFiles, check_places

__all__ = ["ScoreConfig", "score"]


@dataclass(kw_only=True)
class ScoreConfig(MetricFiles):
    """Predictions and ground truth, paired by file name."""

    pred: Path
    """Folder of predicted depth maps (.png, .pgm, .tif, .npy), or one file."""
    depth: Path
    """Folder of true depth maps with the same names (suffixes may differ), or one file."""
    unit: str
    """Unit of the true depth: metre, millimetre, 1/5000 m, sunrgbd, or the metres per count."""
    pred_unit: str | None = None
    """Unit of the predictions; that of the true depth by default."""
    average: Average = "images"
    """Average over images, as in FastDepth and the paper, or over all pixels."""
    edge_threshold: float = EDGE_THRESHOLD
    """Sobel gradient of depth in metres above which a pixel is an edge."""


def score(config: ScoreConfig) -> None:
    """Measure each prediction against its ground truth; one without the other is an error."""
    check_threshold(config.edge_threshold)
    check_places(config.json, config.csv)
    results, truths = _depth_files(config.pred), _depth_files(config.depth)
    if config.pred.is_file() and config.depth.is_file():
        truths = dict(zip(results, truths.values()))
    require_partners(results, config.depth, "depth map", truths)
    if config.pred.is_dir() and config.depth.is_dir():
        require_partners(truths, config.pred, "prediction", results)
    pred_unit = config.unit if config.pred_unit is None else config.pred_unit
    tallies: dict[str, Tally] = {}
    with progress_bar(len(results), "scoring", unit="map") as bar:
        for name, file in results.items():
            tallies[name] = _measure(file, pred_unit, truths[name], config)
            bar.update()
    report(tallies, config.average, config.json, config.csv)


def _measure(pred_file: Path, pred_unit: str, depth_file: Path, config: ScoreConfig) -> Tally:
    pred, depth = read_depth(pred_file, pred_unit), read_depth(depth_file, config.unit)
    if pred.shape != depth.shape:
        sizes = [f"{height}x{width}" for height, width in (pred.shape, depth.shape)]
        raise UserError(f"{pred_file}: is {sizes[0]}, but {depth_file} is {sizes[1]}")
    if missing := int(np.count_nonzero((pred == 0) & (depth > 0))):
        say(f"note: {pred_file}: no depth at {missing} pixels where there is a true one; they count as 1 mm")
    return tally(pred, depth, config.edge_threshold)


def _depth_files(path: Path) -> dict[str, Path]:
    if not path.exists():
        raise UserError(f"{path}: no such file or folder")
    return files_by_name(path, DEPTH_SUFFIXES) if path.is_dir() else {path.stem: path}
