"""Mean IoU, accuracies and boundary measures of a network on a set of images."""

from dataclasses import dataclass
from pathlib import Path

from indexnet_engine.files import make_folder
from indexnet_engine.images.folders import refuse_overwriting
from indexnet_engine.inference.load_network import Precision
from indexnet_engine.inference.predictor import TileOptions
from indexnet_engine.reports.metric_tables import MetricFiles, check_places
from indexnet_segmentation.data.label_files import write_label
from indexnet_segmentation.data.labelled_images import Split
from indexnet_segmentation.data.open_data import open_data
from indexnet_segmentation.data.statistics import label_statistics
from indexnet_segmentation.evaluation import (
    check_tolerance,
    format_scores,
    held_out,
    predictions,
    require_classes,
    write_scores,
)
from indexnet_segmentation.metrics import TOLERANCE, Scores
from indexnet_segmentation.predictor import SegmentationPredictor

__all__ = ["EvaluateConfig", "evaluate"]


@dataclass(kw_only=True)
class EvaluateConfig(MetricFiles, TileOptions):
    """Network, data and output."""

    weights: Path | None = None
    """Folder of a run, or the name of a network of the package; camvid by default."""
    data: str = "builtin"
    """SUN RGB-D, CamVid, a folder with image/ and label/ (or train/, val/, test/ with these), or builtin."""
    split: Split | None = None
    """Split of the data; test by default, or val where there is no test."""
    labels: str | None = None
    """Numbering of the labels: nyu40-from-1, camvid, ..., or a classes.yaml; see check-data."""
    boundary: float = TOLERANCE
    """Tolerance of the boundary metrics as a fraction of the image diagonal."""
    csv: Path | None = None
    """Write the metrics of each class to this CSV file."""
    out: Path | None = None
    """Write the predicted labels to this folder."""
    device: str = "auto"
    """cpu, cuda, or auto."""
    precision: Precision = "as-trained"
    """Precision, as in predict: 32, bf16 or, on a GPU, fp16; as-trained runs the network unchanged."""


def evaluate(config: EvaluateConfig) -> None:
    """Measure and print; see `EvaluateConfig`. Bad files are reported before anything is computed."""
    check_places(config.json, config.csv)
    check_tolerance(config.boundary)
    predictor = SegmentationPredictor.from_pretrained(
        config.weights, device=config.device, precision=config.precision, **config.as_arguments()
    )
    images = open_data(config.data, config.split or held_out(config.data, "test"), config.labels)
    require_classes(predictor.classes, predictor.find_weights(config.weights), images)
    if config.out is not None:
        inputs = (file for index in range(len(images)) for file in images.files(index) or ())
        refuse_overwriting((config.out / f"{name}.png" for name in images.names), inputs)
    label_statistics(images)
    if config.out is not None:
        make_folder(config.out)
    scores = Scores(predictor.classes, config.boundary)
    for name, predicted, label in predictions(predictor, images):
        scores.add(predicted, label)
        if config.out is not None:
            write_label(config.out / f"{name}.png", predicted, predictor.classes)
    print(format_scores(scores))
    write_scores(scores, config.json, config.csv)
