"""SAD, MSE, Grad and Conn of given mattes."""

from dataclasses import dataclass
from pathlib import Path

from indexnet_engine.images.folders import images_by_name, require_partners
from indexnet_engine.images.image_file import require_same_size
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import Measures, MetricFiles, check_places, format_table
from indexnet_matting.data.files import read_alpha
from indexnet_matting.data.folder import partners
from indexnet_matting.data.trimap import read_trimap, require_unknown
from indexnet_matting.evaluation import write_measures
from indexnet_matting.metrics import METRICS, measure

__all__ = ["ScoreConfig", "score"]


@dataclass(kw_only=True)
class ScoreConfig(MetricFiles):
    """Predictions, ground truth and trimaps, paired by file name."""

    pred: Path
    """Folder of predicted mattes, or one image."""
    alpha: Path
    """Folder of true mattes with the same names (suffixes may differ), or one image."""
    trimap: Path
    """Folder of trimaps with the same names, or one image."""


def score(config: ScoreConfig) -> None:
    """Measure each prediction against its ground truth; one without the other is an error.

    In Composition-1k's folders a matte or trimap ``boy.png`` serves ``boy_0.png``, ``boy_1.png``, …
    """
    check_places(config.json, config.csv)
    results, alphas = images_by_name(config.pred), images_by_name(config.alpha)
    true = _match(results, config.pred, alphas, config.alpha, "matte")
    trimaps = _match(results, config.pred, images_by_name(config.trimap), config.trimap, "trimap")
    if config.pred.is_dir():
        used = set(true.values())
        require_partners(
            alphas, config.pred, "prediction", (name for name, file in alphas.items() if file in used)
        )
    measures: Measures = {}
    with progress_bar(len(results), "scoring", unit="image") as bar:
        for name, file in results.items():
            measures[name] = _measure(file, true[name], trimaps[name])
            bar.update()
    print(format_table("image", measures, METRICS))
    write_measures(measures, config.json, config.csv)


def _match(
    results: dict[str, Path], pred: Path, others: dict[str, Path], where: Path, what: str
) -> dict[str, Path]:
    """Find the partner of each prediction; two single files are partners whatever their names."""
    if pred.is_file() and where.is_file():
        return dict(zip(results, others.values()))
    return partners(list(results), others, where, what)


def _measure(pred_file: Path, alpha_file: Path, trimap_file: Path) -> dict[str, float]:
    pred, alpha, trimap = read_alpha(pred_file), read_alpha(alpha_file), read_trimap(trimap_file, tell=True)
    require_same_size(pred_file, pred, alpha_file, alpha)
    require_same_size(pred_file, pred, trimap_file, trimap)
    require_unknown(trimap, trimap_file)
    return measure(pred, alpha, trimap)
