"""Train one segmentation network for each operator and seed on the same budget, and compare them.

    python tools/compare_segmentation.py --data CamVid --operators max o2o-shared-nl hin-nl --seeds 2

Every training takes the same configuration (camvid-small.yaml of indexnet_segmentation) but for the operator
and the seed; further options are handed on, ``--loop.precision 32`` for one. Interrupted trainings go on,
finished ones are only measured. Measured is what the last step has left, on the part ``--split`` of the data.
Prints a Markdown table, the mean over the seeds and in brackets each of them, and below it the IoU of each
class. With ``--panels`` it draws the images of these names as in Fig. 12: image, ground truth, and a column
for each operator (the first seed).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from command import run
from indexnet_core import measure_complexity
from indexnet_engine.checkpoint import load_checkpoint
from indexnet_engine.cli import parse_config
from indexnet_engine.errors import UserError
from indexnet_engine.images import write_image
from indexnet_engine.inference import pick_device
from indexnet_engine.weights import load_strictly
from indexnet_segmentation.config import CONFIGS, TrainConfig
from indexnet_segmentation.data.labelled import LabelledImages
from indexnet_segmentation.data.source import open_data
from indexnet_segmentation.evaluate import measure_images
from indexnet_segmentation.metrics import Scores
from indexnet_segmentation.models import create_model
from indexnet_segmentation.pictures import legend, occurring, segmentation_panel
from indexnet_segmentation.segment import Segmenter, class_probabilities, load_segmenter
from indexnet_segmentation.train import train

CONFIG = CONFIGS / "camvid-small.yaml"
MEASURES = ("miou", "pixel_accuracy", "class_accuracy", "boundary_iou", "boundary_f1")


class Result(NamedTuple):
    """What one training gave."""

    segmenter: Segmenter
    scores: Scores


def main() -> None:
    """Train what is missing, measure, print, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--data", default="builtin", help="data set with parts")
    parser.add_argument("--split", default="test", choices=("val", "test"), help="part to measure on")
    parser.add_argument(
        "--operators", nargs="+", default=["max", "o2o-shared-nl", "hin-nl"], help="names of operators"
    )
    parser.add_argument("--seeds", type=int, default=2, help="trainings for each operator")
    parser.add_argument("--config", type=Path, default=CONFIG, help="what all trainings share")
    parser.add_argument("--out", type=Path, default=Path("runs/compare-segmentation"), help="for the runs")
    parser.add_argument("--panels", nargs="*", default=[], metavar="NAME", help="images to be drawn")
    options, further = parser.parse_known_args()

    images = open_data(options.data, options.split)
    if missing := [name for name in options.panels if name not in images.names]:
        raise UserError(f"{options.data}: no image {missing[0]} in {options.split}")
    results: dict[str, list[Result]] = {}
    for seed in range(options.seeds):
        for operator in options.operators:
            segmenter = last_step(_trained(operator, seed, options, further))
            scores = measure_images(segmenter.model, images, scale=segmenter.scale)
            results.setdefault(operator, []).append(Result(segmenter, scores))
    print(format_table(results), end="\n\n")
    print(format_classes(results))
    if options.panels:
        picture = draw(images, options.panels, [runs[0].segmenter for runs in results.values()])
        write_image(options.out / "panels.png", picture)
        print(f"\nthe panels are {options.out / 'panels.png'}")


def last_step(folder: Path) -> Segmenter:
    """Load what the last step of a run has left, not what was best on held-out images."""
    segmenter = load_segmenter(folder, pick_device())
    load_strictly(segmenter.model, load_checkpoint(folder / "last.ckpt")["model"], folder / "last.ckpt")
    return segmenter


def format_table(results: dict[str, list[Result]]) -> str:
    """A line for each operator: cost, then the mean over the seeds and each seed's value, in per cent."""
    heads = ["operator", "parameters", "GFLOPs", *MEASURES]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for operator, runs in results.items():
        with torch.device("meta"):
            network = create_model(**runs[0].segmenter.model.config)
            cost = measure_complexity(network, torch.zeros(1, 3, 224, 224))
        summaries = [result.scores.summary() for result in runs]
        cells = [_cell([summary[measure] for summary in summaries]) for measure in MEASURES]
        lines.append(f"| `{operator}` | {cost.parameters:,} | {cost.gflops:.3f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def format_classes(results: dict[str, list[Result]]) -> str:
    """A line for each class: its share of the pixels, and the mean IoU of each operator, in per cent."""
    lines = [f"| class | share | {' | '.join(f'`{name}`' for name in results)} |"]
    lines.append("|---" * (2 + len(results)) + "|")
    tables = {operator: [run.scores.by_class() for run in runs] for operator, runs in results.items()}
    for name, row in next(iter(tables.values()))[0].items():
        means = [float(np.mean([table[name]["iou"] for table in runs])) for runs in tables.values()]
        cells = " | ".join(f"{100 * mean:.1f}" for mean in means)
        lines.append(f"| {name} | {100 * row['share']:.2f} | {cells} |")
    return "\n".join(lines)


def draw(
    images: LabelledImages, names: Sequence[str], segmenters: Sequence[Segmenter], height: int = 180
) -> NDArray[np.uint8]:
    """Draw a row for each image: image, ground truth, what each network makes of it; below it the legend."""
    rows, seen = [], []
    for name in names:
        image, label = images.read(images.names.index(name))
        found = [
            class_probabilities(segmenter.model, image, scale=segmenter.scale).argmax(0)
            for segmenter in segmenters
        ]
        rows.append(segmentation_panel(image, [label, *found], images.classes, height=height)[:height])
        seen += [label, *found]
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 4), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    return np.concatenate([*padded, legend(images.classes, occurring(*seen), width)])


def _trained(operator: str, seed: int, options: argparse.Namespace, further: list[str]) -> Path:
    """Train, or go on with, the run of one operator and seed; a finished run has no steps left.

    Raises:
        UserError: a run of another configuration is in its place.
    """
    name = f"{operator}-seed{seed}"
    folder = Path(options.out) / name
    words = [f"--config={options.config}", f"--out={options.out}", f"--name={name}"]
    words += [f"--model.resampling={operator}", f"--loop.seed={seed}", f"--data.train={options.data}"]
    if (folder / "config.yaml").exists():
        words.append(f"--resume={folder}")
    return train(parse_config(TrainConfig, [*words, *further]))


def _cell(values: Sequence[float]) -> str:
    each = ", ".join(f"{100 * value:.2f}" for value in values)
    return f"{100 * float(np.mean(values)):.2f} ({each})"


if __name__ == "__main__":
    run(main)
