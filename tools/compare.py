"""Train one denoiser for each operator and seed on the same budget, and compare them on the same noise.

    python tools/compare.py --train BSD400 --test BSD68 Set12 --operators max o2o-shared hin-nl --seeds 2

Every training takes the same configuration (small.yaml of indexnet_denoising) but for the operator and the
seed; further options are handed on, ``--loop.precision bf16-mixed`` for one. Interrupted trainings go on,
finished ones are only measured. Prints a Markdown table: the mean over the seeds, and in brackets the lowest
and the highest.
"""

import argparse
from pathlib import Path

import torch

from command import run
from indexnet_core import measure_complexity
from indexnet_denoising.config import CONFIGS, TrainConfig
from indexnet_denoising.data.folder import load_images
from indexnet_denoising.denoise import load_model
from indexnet_denoising.evaluate import evaluate_images
from indexnet_denoising.models import create_model
from indexnet_denoising.train import train
from indexnet_engine.cli import parse_config
from indexnet_engine.report import mean_of

CONFIG = CONFIGS / "small.yaml"


def main() -> None:
    """Train what is missing, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--train", default="builtin", help="folder of training images")
    parser.add_argument("--test", nargs="+", default=["builtin"], help="folders of test images")
    parser.add_argument("--operators", nargs="+", default=["max", "o2o-shared"], help="names of operators")
    parser.add_argument("--seeds", type=int, default=2, help="trainings for each operator")
    parser.add_argument("--sigma", type=float, default=25.0, help="noise level, 0-255 scale")
    parser.add_argument("--config", type=Path, default=CONFIG, help="what all trainings share")
    parser.add_argument("--out", type=Path, default=Path("runs/compare"), help="folder for the runs")
    options, further = parser.parse_known_args()

    images = {Path(test).name: load_images(test, "test") for test in options.test}
    rows: dict[str, list[dict[str, float]]] = {}
    for seed in range(options.seeds):
        for operator in options.operators:
            model = load_model(_trained(operator, seed, options, further))
            figures = {}
            for name, clean in images.items():
                measures, _ = evaluate_images(model, clean, options.sigma)
                figures[name] = mean_of(measures.values())["psnr"]
            rows.setdefault(operator, []).append(figures)
    print(format_table(rows, parse_config(TrainConfig, [f"--config={options.config}"])))


def _trained(operator: str, seed: int, options: argparse.Namespace, further: list[str]) -> Path:
    """Train, or go on with, the run of one operator and seed; a finished run has no steps left.

    Raises:
        UserError: a run of another configuration is in its place.
    """
    name = f"{operator}-seed{seed}"
    folder = Path(options.out) / name
    words = [f"--config={options.config}", f"--out={options.out}", f"--name={name}"]
    words += [f"--model.resampling={operator}", f"--loop.seed={seed}", f"--data.train={options.train}"]
    words += [f"--data.sigma={options.sigma}", f"--data.test_sigma={options.sigma}", *further]
    if (folder / "config.yaml").exists():
        words.append(f"--resume={folder}")
    return train(parse_config(TrainConfig, words))


def format_table(rows: dict[str, list[dict[str, float]]], config: TrainConfig) -> str:
    """A line for each operator: cost, then mean (lowest–highest) PSNR on each test set."""
    tests = list(next(iter(rows.values()))[0])
    lines = [f"| operator | parameters | GFLOPs | {' | '.join(tests)} |", "|---" * (3 + len(tests)) + "|"]
    for operator, seeds in rows.items():
        config.model.resampling = operator
        with torch.device("meta"):
            model = create_model(**config.model.arguments())
            cost = measure_complexity(model, torch.zeros(1, config.model.channels, 224, 224))
        cells = []
        for test in tests:
            values = [row[test] for row in seeds]
            cells.append(f"{sum(values) / len(values):.2f} ({min(values):.2f}–{max(values):.2f})")
        lines.append(f"| `{operator}` | {cost.parameters:,} | {cost.gflops:.3f} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    run(main)
