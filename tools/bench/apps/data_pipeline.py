"""Measure the cost of training data and metrics in the four applications, on one core.

    python -m tools.bench.apps.data_pipeline data                # samples per second, share of each stage
    python -m tools.bench.apps.data_pipeline data --task segmentation --data CamVid
    python -m tools.bench.apps.data_pipeline data --task depth --data frames/ --meaning millimetre
    python -m tools.bench.apps.data_pipeline metrics             # milliseconds per metric and image
    python -m tools.bench.apps.data_pipeline steps               # data compared with the training step

All measurements use the defaults of ``train``. Times are CPU times, so that other work on the machine matters
little; files come from the page cache. ``data`` prints two rates: that of the first request for a sample
(builtin scenes are drawn and rooms rendered then), and that of later requests, as in training.
``steps`` compares the latter with forward, backward and update of the default network on the same core.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import torch

from indexnet_engine.errors import UserError
from indexnet_engine.progress import progress_bar
from indexnet_engine.training.optim import build_optimizer
from tools.bench.apps.pipelines import PIPELINES
from tools.bench.apps.pipelines.base import Opened, Source
from tools.bench.apps.sampling import measure_sampling, samples_a_second, shares, spread_keys
from tools.command import new_parser, run

ROUNDS = 7


def main() -> None:
    """Run one of the measurements."""
    parser = new_parser("tools.bench.apps.data_pipeline", __doc__)
    what = parser.add_subparsers(required=True, metavar="data | metrics | steps")
    data = what.add_parser("data", help="samples per second, and the share of each stage")
    data.set_defaults(call=bench_data)
    metrics = what.add_parser("metrics", help="time of each metric")
    metrics.set_defaults(call=bench_metrics)
    steps = what.add_parser("steps", help="data compared with the training step")
    steps.set_defaults(call=bench_steps)
    for command in (data, metrics, steps):
        command.add_argument("--task", choices=PIPELINES, help="one application; all by default")
    for command in (data, steps):
        command.add_argument("--data", default="builtin", help="as for train --data.train; needs --task")
        command.add_argument("--meaning", help="unit of depth, or what the numbers in labels mean")
        command.add_argument("--samples", type=int, default=200, help="to be made")
    metrics.add_argument("--size", type=int, nargs=2, metavar=("H", "W"), help="of the images")
    steps.add_argument("--batch", type=int, default=2, help="samples of a step")
    steps.add_argument("--steps", type=int, default=3, help="to be taken")
    options = parser.parse_args()
    for name in ("samples", "batch", "steps"):
        if getattr(options, name, 1) < 1:
            raise UserError(f"--{name} must be at least 1, got {getattr(options, name)}")
    if getattr(options, "data", "builtin") != "builtin" and options.task is None:
        raise UserError(f"--data {options.data} needs --task: one of {', '.join(PIPELINES)}")
    if getattr(options, "size", None) and min(options.size) < 32:
        raise UserError(f"--size must be at least 32 x 32, got {options.size[0]} x {options.size[1]}")
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    options.call(options)


def bench_data(options: argparse.Namespace) -> None:
    """Print the rates of each application and the share of time of each stage."""
    print(f"{'':<13} {'first time':>10} {'afterwards':>10}   samples per second, one core")
    for task in _tasks(options):
        with tempfile.TemporaryDirectory() as cache:
            data = _opened(task, options, cache).data
            found = measure_sampling(data, PIPELINES[task].stages, options.samples)
        print(f"{task:<13} {found.first:10.1f} {found.rate:10.1f}   {shares(found.seconds)}", flush=True)


def bench_metrics(options: argparse.Namespace) -> None:
    """Print the shortest time of each metric."""
    for task in _tasks(options):
        pipeline = PIPELINES[task]
        for height, width in [options.size] if options.size else pipeline.sizes:
            print(f"{task}, {height}x{width}, one core")
            for name, measure in pipeline.measures(height, width).items():
                seconds = min(_seconds(measure) for _ in range(ROUNDS))
                print(f"  {name:<20} {1000 * seconds:8.2f} ms", flush=True)


def bench_steps(options: argparse.Namespace) -> None:
    """Print the samples per second that the data pipeline makes and the training step uses, one core each."""
    print(f"{'':<13} {'data':>10} {'training':>10}   samples per second, one core each")
    for task in _tasks(options):
        with tempfile.TemporaryDirectory() as cache:
            opened = _opened(task, options, cache)
            keys = spread_keys(len(opened.data), options.samples, epoch=0)
            samples_a_second(opened.data, keys)
            made = samples_a_second(opened.data, keys)
            taken = _training_rate(opened, options.batch, options.steps)
        print(f"{task:<13} {made:10.1f} {taken:10.3f}   ratio {made / taken:.0f}", flush=True)


def _tasks(options: argparse.Namespace) -> list[str]:
    return [options.task] if options.task else list(PIPELINES)


def _opened(task: str, options: argparse.Namespace, cache: str) -> Opened:
    return PIPELINES[task].open(Source(options.data, options.meaning, Path(cache)))


def _training_rate(opened: Opened, batch: int, steps: int) -> float:
    """Samples per second of forward, backward and update, on one core; the first step is not counted."""
    torch.manual_seed(0)
    task = opened.make_task()
    task.model.train()
    optimizer = build_optimizer(task.parameter_groups(), opened.optim)
    seconds = 0.0
    with progress_bar(1 + steps, "training", unit="step") as bar:
        for step in range(1 + steps):
            samples = task.collate([opened.data[key] for key in spread_keys(len(opened.data), batch, step)])
            begun = time.process_time()
            task.loss(task.model, samples)["loss"].backward()
            optimizer.step()
            optimizer.zero_grad()
            seconds += time.process_time() - begun if step else 0.0
            bar.update()
    return steps * batch / seconds


def _seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


if __name__ == "__main__":
    run(main)
