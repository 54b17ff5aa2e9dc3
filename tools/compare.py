"""Train one denoiser for each operator and seed on the same budget, and compare them on the same noise.

    python tools/compare.py --train BSD400 --test BSD68 Set12 --operators max o2o-shared hin-nl --seeds 2

Every training takes the same configuration (apps/denoising/configs/small.yaml) but for the operator and the
seed. Finished trainings are used again, interrupted ones go on where they stopped. Prints a Markdown table:
the mean over the seeds, and in brackets the lowest and the highest.
"""

import argparse
import json
from pathlib import Path

import torch

from indexnet_core import measure_complexity
from indexnet_denoising.config import TrainConfig
from indexnet_denoising.data.folder import load_images
from indexnet_denoising.denoise import load_model
from indexnet_denoising.evaluate import evaluate_images
from indexnet_denoising.metrics import mean_of
from indexnet_denoising.models import create_model
from indexnet_denoising.train import train
from indexnet_engine.atomic import write_json
from indexnet_engine.cli import parse_config

CONFIG = Path(__file__).parents[1] / "apps" / "denoising" / "configs" / "small.yaml"


def main() -> None:
    """Train what is missing, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", default="builtin", help="folder of training images")
    parser.add_argument("--test", nargs="+", default=["builtin"], help="folders of test images")
    parser.add_argument(
        "--operators", nargs="+", default=["max", "o2o-shared"], help="see indexnet_core.OPERATORS"
    )
    parser.add_argument("--seeds", type=int, default=2, help="trainings for each operator")
    parser.add_argument("--sigma", type=float, default=25.0, help="noise level, 0-255 scale")
    parser.add_argument("--config", type=Path, default=CONFIG, help="what all trainings share")
    parser.add_argument("--out", type=Path, default=Path("runs/compare"), help="folder for the runs")
    options = parser.parse_args()

    rows: dict[str, list[dict[str, float]]] = {}
    for seed in range(options.seeds):
        for operator in options.operators:
            folder = _trained(operator, seed, options)
            rows.setdefault(operator, []).append(_measured(folder, options.test, options.sigma))
    print(format_table(rows, parse_config(TrainConfig, [f"--config={options.config}"])))


def _trained(operator: str, seed: int, options: argparse.Namespace) -> Path:
    """Train, or go on with, or find the run of one operator and seed."""
    name = f"{operator}-seed{seed}"
    folder = Path(options.out) / name
    words = [f"--resume={folder}"]
    if not (folder / "config.yaml").exists():
        words = [
            f"--config={options.config}",
            f"--out={options.out}",
            f"--name={name}",
            f"--loop.seed={seed}",
        ]
        words += [f"--data.train={options.train}", f"--data.sigma={options.sigma}"]
        words += [f"--data.test_sigma={options.sigma}", f"--model.resampling={operator}"]
    train(parse_config(TrainConfig, words))
    return folder


def _measured(folder: Path, tests: list[str], sigma: float) -> dict[str, float]:
    """Mean PSNR on each test set, kept beside the run."""
    file = folder / "compare.json"
    known: dict[str, float] = json.loads(file.read_text()) if file.exists() else {}
    for test in tests:
        key = f"{Path(test).name} {sigma:g}"
        if key not in known:
            images, _ = evaluate_images(load_model(folder), load_images(test, "test"), sigma)
            known[key] = mean_of(images.values())["psnr"]
            write_json(file, known)
    return {f"{Path(test).name}": known[f"{Path(test).name} {sigma:g}"] for test in tests}


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
    main()
