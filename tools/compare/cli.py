"""The command: train missing runs, evaluate, time, print, plot."""

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import torch
from torch import nn

from indexnet_core import parse_operator
from indexnet_engine.errors import UserError, check_number
from indexnet_engine.files import write_json, write_text
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.device import pick_device
from indexnet_engine.reports.metric_tables import finite
from tools.bench.linear import require_matplotlib
from tools.bench.machine import describe_machine
from tools.command import Parser, new_parser
from tools.compare.costs import Seconds, count, measure_seconds
from tools.compare.denoising import Denoising
from tools.compare.depth import Depth
from tools.compare.image_statistics import with_image_statistics
from tools.compare.matting import Matting
from tools.compare.plot import Axis, plot_rows
from tools.compare.rows import Row, format_classes, format_csv, format_rows
from tools.compare.runs import Weights, configuration, load_run, trained
from tools.compare.segmentation import Segmentation
from tools.compare.shown import choose
from tools.compare.task import ComparedTask, Figure, Measured, varied

__all__ = ["TASKS", "main"]

TASKS: dict[str, type[ComparedTask]] = {task.name: task for task in (Matting, Denoising, Segmentation, Depth)}


def main(description: str, words: Sequence[str] | None = None) -> None:
    """Compare operators on one task.

    Args:
        description: of the command, for the help.
        words: the command line, ``sys.argv[1:]`` by default.

    Raises:
        UserError: an option is wrong or matplotlib is missing; raised before anything is trained.
    """
    words = sys.argv[1:] if words is None else words
    options, further = _parse(description, words)
    require_matplotlib()
    torch.set_num_threads(options.threads)
    device = pick_device()
    task = TASKS[options.task](options)
    contenders = varied(task.contenders(), options.vary)
    of_seeds = [
        {contender.label: configuration(task, contender, seed, further) for contender in contenders}
        for seed in range(options.seeds)
    ]  # all of them, so that a conflicting run is found before anything is trained
    configs = of_seeds[0]
    task.open(next(iter(configs.values())))
    drawn = choose(options.panels, task.names)
    figure = _figure(task, options)
    costs = {
        label: count(task, config, options.gflops_at or task.side(config))
        for label, config in configs.items()
    }

    found: dict[str, list[Measured]] = {label: [] for label in configs}
    models: dict[str, nn.Module] = {}
    for of_seed in of_seeds:
        for label, config in of_seed.items():
            model = load_run(task, trained(task, config), options.weights, device)
            if options.statistics == "image":
                model = with_image_statistics(model)
            models.setdefault(label, model)
            found[label].append(task.measure(model))
            write_json(_result(options, "measures.json"), _by_seed(found))

    times: dict[str, Seconds] = {}
    if options.rounds:
        times = measure_seconds(task, configs, models, device, options.rounds, options.seconds)
    rows = [Row(label, costs[label], times.get(label), runs) for label, runs in found.items()]
    report = _report(task, rows, configs, device, words)
    print(report)
    write_text(_result(options, "table.md"), report + "\n")
    write_text(_result(options, "table.csv"), format_csv(rows))
    _draw(task, rows, figure, drawn, models)


def _parse(description: str, words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    first = Parser(add_help=False, allow_abbrev=False)
    first.add_argument("--task", choices=tuple(TASKS))
    named, _ = first.parse_known_args(words)
    if named.task is None and not {"-h", "--help"} & set(words):
        raise UserError(f"--task is missing; choose one of {', '.join(TASKS)}")
    task = TASKS.get(named.task or "", ComparedTask)

    parser = new_parser("tools.compare", description)
    parser.add_argument("--task", choices=tuple(TASKS), required=True, help="its --help lists more options")
    operators = list(getattr(task, "operators", ()))
    parser.add_argument("--operators", nargs="+", default=operators, metavar="NAME", help="in this order")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each operator")
    parser.add_argument("--data", help="training data, as --data.train of the training")
    parser.add_argument("--config", default="small", help="configuration of all trainings, by name or file")
    parser.add_argument("--out", type=Path, help="folder of runs and results; runs/compare-TASK by default")
    parser.add_argument(
        "--weights",
        choices=get_args(Weights),
        default="last",
        help="weights to evaluate: of the last step, or the best of the evaluations during training",
    )
    parser.add_argument(
        "--vary",
        nargs="+",
        default=[],
        metavar=("OPTION", "VALUE"),
        help="train each operator with each value of an option: --vary loop.freeze_bn_from null 0.6",
    )
    parser.add_argument(
        "--statistics",
        choices=("running", "image"),
        default="running",
        help="of batch norm in the evaluation: running averages, as in prediction, or those of each image",
    )
    parser.add_argument(
        "--gflops-at", type=int, metavar="SIDE", help="side of the image for which GFLOPs are counted"
    )
    parser.add_argument("--rounds", type=int, default=3, help="timing rounds; 0 for no timing")
    parser.add_argument("--seconds", type=float, default=0.3, help="minimum length of a turn in seconds")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of the CPU")
    parser.add_argument("--figure", help="metric of the plot; by default the first of the table")
    parser.add_argument("--cost", choices=get_args(Axis), default="gflops", help="its horizontal axis")
    parser.add_argument(
        "--panels", nargs="*", default=["3"], metavar="NAME", help="names or number of images to draw"
    )
    if named.task is not None:
        task.add_options(parser.add_argument_group(f"options of {named.task}"))  # type: ignore[arg-type]
    options, further = parser.parse_known_args(words)
    if options.vary and _is_set(options.vary[0], further):
        raise UserError(f"--vary: {options.vary[0]} is also set on the command line or by this tool")
    options.out = Path("runs", f"compare-{options.task}") if options.out is None else options.out
    _check(options)
    return options, further


def _is_set(option: str, words: Sequence[str]) -> bool:
    """Return whether an option of the training is set by the words of the command line, or by this tool."""
    own = ("name", "out", "resume", "loop.seed", "model.resampling")
    return option in own or any(word.partition("=")[0] == f"--{option}" for word in words)


def _check(options: argparse.Namespace) -> None:
    """Check the options that argparse does not check."""
    for name in ("seeds", "threads", "seconds"):
        check_number(f"--{name}", getattr(options, name), positive=True)
    check_number("--rounds", options.rounds)
    if options.gflops_at is not None:
        check_number("--gflops-at", options.gflops_at, positive=True)
    if len(options.vary) == 1:
        raise UserError(f"--vary: no values for {options.vary[0]}")
    if len(set(options.vary)) < len(options.vary):
        raise UserError(f"--vary: a value of {options.vary[0]} is named twice")
    if options.statistics == "image" and options.rounds:
        raise UserError("--statistics image is no network to be timed; add --rounds 0")
    for place, operator in enumerate(options.operators):
        parse_operator(operator)
        if operator in options.operators[:place]:
            raise UserError(f"--operators: {operator} is named twice")
    if options.cost in ("step", "image") and not options.rounds:
        raise UserError(f"--cost {options.cost} needs times, but --rounds is 0")


def _result(options: argparse.Namespace, name: str) -> Path:
    """Return the path of a result; those with the statistics of each image do not replace the others."""
    path: Path = options.out / name
    return path if options.statistics == "running" else path.with_stem(f"{path.stem}-image-statistics")


def _by_seed(found: Mapping[str, Sequence[Measured]]) -> object:
    """Return the metrics of each seed by label, as far as they are trained."""
    return {label: [finite(run.values) for run in runs] for label, runs in found.items()}


def _figure(task: ComparedTask, options: argparse.Namespace) -> Figure:
    by_name = {figure.name: figure for figure in task.figures}
    if options.figure is None:
        return task.figures[0]
    if options.figure not in by_name:
        raise UserError(f"--figure: unknown {options.figure!r}; choose one of {', '.join(by_name)}")
    return by_name[options.figure]


def _report(
    task: ComparedTask, rows: Sequence[Row], configs: dict[str, Any], device: str, words: Sequence[str]
) -> str:
    """Return machine, command and settings, then the table, then the table of the classes."""
    options, config = task.options, next(iter(configs.values()))
    side = options.gflops_at or task.side(config)
    about = [f"mean over {options.seeds} seeds (lowest–highest)" if options.seeds > 1 else "one seed"]
    about.append(f"GFLOPs at {side}x{side}")
    if options.statistics == "image":
        about.append("batch norm with the statistics of each image")
    if options.rounds:
        batch = f"{config.loop.batch_size} of {task.side(config)}x{task.side(config)}"
        image = f"{task.names[0]}, {task.size(task.names[0])}"
        about.append(f"step of {batch} ({config.loop.precision}), image {image}: medians, timed in turns")
    lines = [
        describe_machine(device),
        f"python -m tools.compare {shlex.join(words)}",
        "",
        "; ".join(about),
    ]
    lines += ["", format_rows(rows, task.figures)]
    if rows[0].runs[0].classes:
        lines += ["", "IoU in per cent:", "", format_classes(rows)]
    return "\n".join(lines)


def _draw(
    task: ComparedTask,
    rows: Sequence[Row],
    figure: Figure,
    drawn: Sequence[str],
    models: dict[str, nn.Module],
) -> None:
    options = task.options
    title = f"{options.task}: {options.seeds} seed{'s' * (options.seeds > 1)}, bars from lowest to highest"
    plot, panels = _result(options, "plot.png"), _result(options, "panels.png")
    plot_rows(plot, rows, figure, options.cost, title)
    print(f"\nplot: {plot}")
    if drawn:
        write_image(panels, task.panels(drawn, models))
        columns = " | ".join(task.headings(models))
        print(f"panels of {', '.join(drawn)}, {columns}: {panels}")
