"""IoU, accuracies and boundary measures of given label files."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import images_by_name, require_partners
from indexnet_engine.images.image_file import require_same_size
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import MetricFiles, check_places
from indexnet_segmentation.data.classes import IGNORE
from indexnet_segmentation.data.classes_yaml import CLASS_FILE, describe_labels
from indexnet_segmentation.data.folder import partner
from indexnet_segmentation.data.label_files import KNOWN, LabelValues, read_label
from indexnet_segmentation.evaluation import check_tolerance, format_scores, write_scores
from indexnet_segmentation.metrics import TOLERANCE, Scores

__all__ = ["ScoreConfig", "score"]


@dataclass(kw_only=True)
class ScoreConfig(MetricFiles):
    """Predictions and ground truth, paired by file name."""

    pred: Path
    """Folder of predicted labels, or one file."""
    label: Path
    """Folder of true labels with the same names, or one file."""
    labels: str | None = None
    """Numbering of the true labels: camvid, nyu40-from-1, ..., or a classes.yaml; by default
    classes.yaml beside them."""
    pred_numbers: Literal["from-0", "same"] | None = None
    """Numbering of the predictions: from-0, as predict writes, or the same as the true labels."""
    boundary: float = TOLERANCE
    """Tolerance of the boundary metrics as a fraction of the image diagonal."""
    csv: Path | None = None
    """Write the metrics of each class to this CSV file."""


def score(config: ScoreConfig) -> None:
    """Measure each prediction against its label; one without the other is an error."""
    check_places(config.json, config.csv)
    check_tolerance(config.boundary)
    classes, values = describe_labels(config.labels or _class_file(config.label))
    pred_values = _prediction_values(values, config.pred_numbers)
    results, labels = images_by_name(config.pred), images_by_name(config.label)
    if config.pred.is_file() and config.label.is_file():
        pairs = dict(zip(results, labels))
    else:
        pairs = {name: found for name in results if (found := partner(name, labels)) is not None}
    require_partners(results, config.label, "label", pairs)
    if shared := [label for label, count in Counter(pairs.values()).items() if count > 1]:
        raise UserError(
            f"{config.label}: the label {shared[0]} would serve two predictions; rename one of them"
        )
    require_partners(labels, config.pred, "prediction", pairs.values())
    scores = Scores(classes, config.boundary)
    with progress_bar(len(results), "scoring", unit="image") as bar:
        for name, file in results.items():
            pred = read_label(file, classes, pred_values)
            label = read_label(labels[pairs[name]], classes, values)
            require_same_size(file, pred, labels[pairs[name]], label)
            _require_predicted(pred, label, file)
            scores.add(pred, label)
            bar.update()
    print(format_scores(scores))
    write_scores(scores, config.json, config.csv)


def _class_file(label: Path) -> str:
    folder = label if label.is_dir() else label.parent
    for place in (folder, folder.parent):
        if (place / CLASS_FILE).is_file():
            return str(place / CLASS_FILE)
    raise UserError(
        f"{label}: no {CLASS_FILE} beside it defines the numbers; give --labels: one of "
        f"{', '.join(KNOWN)}, or a {CLASS_FILE}"
    )


def _prediction_values(values: LabelValues, given: Literal["from-0", "same"] | None) -> LabelValues:
    """Return the numbering of the predictions, which must be named where the two numberings differ."""
    if given is None and values.first != 0:
        raise UserError(
            f"the true labels number classes from {values.first}; state with --pred_numbers whether the "
            "predictions have the same numbers, or from-0"
        )
    return values if given == "same" else LabelValues(void=(255,))


def _require_predicted(pred: NDArray[np.int64], label: NDArray[np.int64], file: Path) -> None:
    """Refuse predictions that leave out pixels whose class is known."""
    if missing := int(np.count_nonzero((pred == IGNORE) & (label != IGNORE))):
        raise UserError(f"{file}: {missing} pixels have no class where the label has one")
