"""SAD, MSE, gradient and connectivity errors of a network on a set of images, as in Tables 2 to 4."""

from dataclasses import dataclass
from pathlib import Path

from indexnet_engine.files import make_folder
from indexnet_engine.images.folders import refuse_overwriting
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.load_network import Precision
from indexnet_engine.inference.predictor import TileOptions
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import Measures, MetricFiles, check_places, format_table
from indexnet_matting.data.open_data import load_test_set
from indexnet_matting.data.trimap_images import FolderTestSet
from indexnet_matting.evaluation import check_images, predictions, write_measures
from indexnet_matting.metrics import METRICS, measure
from indexnet_matting.predictor import MattingPredictor

__all__ = ["EvaluateConfig", "evaluate"]


@dataclass(kw_only=True)
class EvaluateConfig(MetricFiles, TileOptions):
    """Network, data and output."""

    weights: Path | None = None
    """Folder of a run or of imported weights, or the name of a network of the package; general by default."""
    data: str = "builtin"
    """Folder with image/, alpha/ and trimap/ (or Composition-1k's merged/, ...), or builtin."""
    resize: bool = False
    """Resize to a multiple of 32 and back, as the released evaluation does, instead of padding."""
    out: Path | None = None
    """Write the mattes to this folder as 8-bit PNG."""
    device: str = "auto"
    """cpu, cuda, or auto."""
    precision: Precision = "as-trained"
    """Precision, as in predict: 32, bf16 or, on a GPU, fp16; as-trained runs the network unchanged."""


def evaluate(config: EvaluateConfig) -> None:
    """Measure and print; see `EvaluateConfig`. Bad images are reported before anything is computed."""
    check_places(config.json, config.csv)
    predictor = MattingPredictor.from_pretrained(
        config.weights,
        device=config.device,
        precision=config.precision,
        resize=config.resize,
        **config.as_arguments(),
    )
    images = load_test_set(config.data)
    if config.out is not None and isinstance(images, FolderTestSet):
        inputs = (file for files in images.files.values() for file in files)
        refuse_overwriting((config.out / f"{name}.png" for name in images), inputs)
    check_images(predictor, images)
    if config.out is not None:
        make_folder(config.out)
    measures: Measures = {}
    with progress_bar(len(images), "evaluating", unit="image") as bar:
        for image, alpha in predictions(predictor, images):
            measures[image.name] = measure(alpha, image.alpha, image.trimap)
            if config.out is not None:
                write_image(config.out / f"{image.name}.png", alpha)
            bar.update()
    print(format_table("image", measures, METRICS))
    write_measures(measures, config.json, config.csv)
