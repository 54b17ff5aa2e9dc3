"""Train one depth network for each operator and seed on the same budget, and compare them on the same frames.

    python tools/compare_depth.py --operators stride+nearest max+nearest o2o-unshared hin-nl --seeds 2
    python tools/compare_depth.py --config overfit --operators o2o-unshared m2o --seeds 1 \\
        --rules mean max first squeeze --data.train real --data.unit metre

Every training takes the same configuration (small.yaml of indexnet_depth) but for the operator, the channel
rule and the seed; further options are handed on. Measured are the weights after the last step. Interrupted
trainings go on, finished ones are only measured. Prints a Markdown table, the mean over the seeds and in
brackets the lowest and the highest, and writes panels like Fig. 14: photograph, depth, and an estimate of
each operator, of the first seed.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from command import run
from indexnet_core import measure_complexity
from indexnet_depth.config import CONFIGS, TrainConfig
from indexnet_depth.data.evaluation import evaluation_view
from indexnet_depth.data.frames import Frames
from indexnet_depth.estimate import load_model, run_network
from indexnet_depth.evaluate import estimates, measured
from indexnet_depth.metrics import average, edge_threshold
from indexnet_depth.models import CHANNEL_RULE, create_model
from indexnet_depth.pictures import depth_panel
from indexnet_depth.train import open_test_frames, train
from indexnet_engine.atomic import write_json
from indexnet_engine.cli import load_run_config, parse_config
from indexnet_engine.images import write_image

SHOWN = ("rmse", "delta1", "abs_rel", "edge_f1", "edge_rmse")


def main() -> None:
    """Train what is missing, measure, print, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    operators = ["stride+nearest", "max+nearest", "o2o-unshared"]
    parser.add_argument("--operators", nargs="+", default=operators, help="names of operators")
    parser.add_argument("--rules", nargs="+", default=[CHANNEL_RULE], help="channel rules to try")
    parser.add_argument("--seeds", type=int, default=2, help="trainings for each operator")
    parser.add_argument("--config", default="small", help="what all trainings share, by name or file")
    parser.add_argument("--out", type=Path, default=Path("runs/compare-depth"), help="folder for the runs")
    parser.add_argument("--edge-threshold", type=float, help="as in indexnet-depth evaluate")
    parser.add_argument("--panels", type=int, default=4, help="number of frames to draw")
    options, further = parser.parse_known_args()

    rows: dict[str, list[dict[str, float]]] = {}
    folders: dict[str, Path] = {}
    frames = None
    for seed in range(options.seeds):
        for operator in options.operators:
            for rule in options.rules if _takes_rules(operator) else options.rules[:1]:
                label = (
                    f"{operator}-{rule}" if len(options.rules) > 1 and _takes_rules(operator) else operator
                )
                folder = _trained(operator, rule, seed, f"{label}-seed{seed}", options, further)
                config = load_run_config(TrainConfig, folder)
                frames = frames or open_test_frames(config)
                found = _measures(folder, frames, config.data.size, options.edge_threshold)
                rows.setdefault(label, []).append(found)
                folders.setdefault(label, folder)
                write_json(options.out / "measures.json", rows)
    if frames is None:
        return
    print(format_table(rows, folders))
    _draw(options.out / "panels.png", frames, folders, options.panels)


def _takes_rules(operator: str) -> bool:
    return operator.startswith(("o2o", "m2o"))


def _trained(
    operator: str, rule: str, seed: int, name: str, options: argparse.Namespace, further: list[str]
) -> Path:
    """Train, or go on with, the run of one operator and seed; a finished run has no steps left.

    Raises:
        UserError: a run of another configuration is in its place.
    """
    folder = Path(options.out) / name
    model = "fastdepth-nnconv5" if operator.startswith("stride") else "fastdepth-p-nnconv5"
    words = [f"--config={options.config}", f"--out={options.out}", f"--name={name}", f"--loop.seed={seed}"]
    words += [f"--model.name={model}", f"--model.resampling={operator}"]
    words += [f"--model.channel_rule={rule}"] if _takes_rules(operator) else []
    words += [f"--resume={folder}"] if (folder / "config.yaml").exists() else []
    # One evaluation at the end, so that the weights that are kept are those of the last step.
    words += ["--loop.evaluate_every=0", *further]
    config = parse_config(TrainConfig, words, configs=CONFIGS)
    return train(replace(config, loop=replace(config.loop, evaluate_every_steps=None)))


def _measures(folder: Path, frames: Frames, size: int, threshold: float | None) -> dict[str, float]:
    return average(
        measured(name, depth, view.depth, edge_threshold(size, threshold))
        for name, view, depth in estimates(load_model(folder), frames, size)
    )


def format_table(rows: dict[str, list[dict[str, float]]], folders: dict[str, Path]) -> str:
    """A line for each operator: cost at the width that was trained, then mean (lowest–highest) measures."""
    heads = ["operator", "parameters", "GFLOPs", *SHOWN]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for label, seeds in rows.items():
        config = load_run_config(TrainConfig, folders[label])
        side = config.data.size
        with torch.device("meta"):
            model = create_model(**config.model.arguments())
            cost = measure_complexity(model, torch.zeros(1, 3, side, side))
        cells = []
        for name in SHOWN:
            values = [row[name] for row in seeds]
            spread = f" ({min(values):.3f}–{max(values):.3f})" if len(values) > 1 else ""
            cells.append(f"{sum(values) / len(values):.3f}{spread}")
        lines.append(f"| `{label}` | {cost.parameters:,} | {cost.gflops:.4f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _draw(file: Path, frames: Frames, folders: dict[str, Path], count: int) -> None:
    """Panels of frames that are spread over the set, one below the other."""
    numbers = sorted(set(np.linspace(0, len(frames.names) - 1, count).round().astype(int).tolist()))
    size = load_run_config(TrainConfig, next(iter(folders.values()))).data.size
    views = [evaluation_view(frames.read(number), size) for number in numbers]
    models = [load_model(folder) for folder in folders.values()]
    panels = [
        depth_panel(view.image, view.depth, [run_network(model, view.image) for model in models])
        for view in views
    ]
    width = max(panel.shape[1] for panel in panels)
    rows = [
        np.pad(panel, ((0, 4), (0, width - panel.shape[1]), (0, 0)), constant_values=255) for panel in panels
    ]
    write_image(file, np.concatenate(rows))
    print(f"\npanels, photograph | depth | {' | '.join(folders)}: {file}")


if __name__ == "__main__":
    run(main)
