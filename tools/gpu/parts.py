"""The parts of the report. Each runs in a process of its own and writes a table as soon as it has it.

    python -m tools.gpu.parts kernels report --dry-run

runs one part; `tools.gpu.cli` starts it.
"""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import torch

from tools.bench.roofline import (
    Indices,
    KernelRow,
    bytes_moved,
    copy_bandwidth,
    format_roofline,
    kernel_calls,
)
from tools.bench.stage import StageWork
from tools.bench.timing import median_seconds
from tools.bench.training import APPLICATIONS, TrainWork
from tools.bench.variants import PLAIN, Variant
from tools.bench.work import Candidate, Size, Work
from tools.command import new_parser, run
from tools.gpu.inference import InferenceWork
from tools.gpu.measuring import measure_works
from tools.gpu.report import Report

__all__ = ["DRY_RUN", "FULL", "PARTS", "Scale", "main"]

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Scale:
    """Sizes of everything that is measured.

    Attributes:
        device: cuda, or cpu for a dry run.
        tests: files with tests marked gpu.
        features: of the kernels: batch, channels, height, width; the first one also with shared indices.
        copied: numbers that the copy moves whose bandwidth the kernels are compared with.
        stages: index networks of single stages.
        stage: batch, channels and side of their feature.
        samples: of a training batch of each application.
        side: of a training sample; None for each application's own.
        images: height and width of each application's image.
        compiled: applications whose networks are also compiled.
        width: multiplier of all channels.
        rounds, least: turns of a candidate, and their length in seconds.
    """

    device: str
    tests: tuple[str, ...]
    features: tuple[tuple[int, int, int, int], ...]
    copied: int
    stages: tuple[str, ...]
    stage: tuple[int, int, int]
    samples: dict[str, int]
    side: int | None
    images: dict[str, Size]
    compiled: tuple[str, ...]
    width: float = 1.0
    rounds: int = 2
    least: float = 0.2


FULL = Scale(
    device="cuda",
    tests=(
        "packages/indexnet-core/tests/fused/test_triton_kernels.py",
        "packages/indexnet-core/tests/test_contracts.py",
        "packages/indexnet-engine/tests/test_randomness.py",
        "apps/matting/tests/models/test_mobilenet_matting.py",
        "tools/tests/bench/test_timing.py",
        "tools/tests/gpu/test_measuring.py",
    ),
    # Larger than the L2 cache; the second is as wide as a stage of a photograph of 640 pixels, 16 divides
    # neither its width nor its number of channels.
    features=((16, 32, 320, 320), (64, 24, 200, 120), (256, 160, 28, 28)),
    copied=2**28,
    stages=("o2o-shared", "hin", "m2o-nl-c"),
    stage=(16, 32, 320),
    samples={"denoising": 128, "depth": 8, "segmentation": 8, "matting": 16},
    side=None,
    images={
        "denoising": (1024, 1024),
        "depth": (480, 640),
        "segmentation": (480, 640),
        "matting": (1088, 1920),
    },
    compiled=("denoising", "depth", "segmentation", "matting"),
)
DRY_RUN = Scale(
    device="cpu",
    tests=("tools/tests/bench/test_timing.py",),
    features=((1, 4, 8, 8),),
    copied=2**16,
    stages=("o2o-shared",),
    stage=(2, 4, 16),
    samples=dict.fromkeys(APPLICATIONS, 2),
    side=32,
    images=dict.fromkeys(APPLICATIONS, (32, 32)),
    compiled=("denoising",),
    width=0.05,
    rounds=1,
    least=0.001,
)

_HALF: tuple[Variant, ...] = (Variant("bf16-mixed"), Variant("bf16-mixed", "channels-last"))


def run_tests(scale: Scale, report: Report, part: str) -> None:
    """The tests marked gpu."""
    if importlib.util.find_spec("pytest") is None:
        report.add(part, "not run: pytest is not installed")
        return
    # The applications' tests import their command lines.
    bare = importlib.util.find_spec("jsonargparse") is None
    left_out = [name for name in scale.tests if bare and name.startswith("apps/")]
    if left_out:
        report.add(part, f"not run, since jsonargparse is not installed: {', '.join(left_out)}")
    files = [name for name in scale.tests if name not in left_out]
    words = ["-m", "gpu", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors", *files]
    if importlib.util.find_spec("xdist") is not None:
        count = 1 if scale.device == "cpu" else min(12, os.cpu_count() or 1)
        words += ["-n", str(count), "--dist", "worksteal"]
    log = report.folder / "tests.log"  # all of it, since the machine may be gone when it is read
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words], cwd=ROOT, stdout=file, stderr=file, check=False
        )
    lines = log.read_text(encoding="utf-8").strip().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    summary = lines[-1] if lines else f"no output, status {done.returncode}"
    text = "\n".join(["```", *failed[:40], summary, "```"])
    report.add(part, text, [{"status": done.returncode, "summary": summary, "failed": failed}])


def run_kernels(scale: Scale, report: Report, part: str) -> None:
    """The fused kernels beside the bandwidth of a copy."""
    bandwidth = copy_bandwidth(scale.device, scale.least, scale.copied)
    report.add(part, f"A copy moves {bandwidth / 1e9:.0f} GB/s.", [{"copy_bandwidth": bandwidth}])
    variants = [Variant(p, layout) for p in ("32", "bf16") for layout in ("channels-first", "channels-last")]
    every: tuple[Indices, ...] = ("depthwise", "holistic")
    for place, (feature, indices) in enumerate(product(scale.features, every)):
        if indices == "holistic" and place > 1:
            continue
        rows, notes = [], []
        for variant in variants if indices == "depthwise" else variants[1::2]:
            for name, call, tensors in kernel_calls(feature, indices, variant, scale.device):
                try:
                    started = time.perf_counter()
                    result = call()
                    _synchronize(scale.device)
                    first = time.perf_counter() - started
                    seconds = min(
                        median_seconds(call, scale.device, scale.least / 4) for _ in range(scale.rounds)
                    )
                except Exception as error:
                    notes.append(f"- {name} {variant}: failed, {type(error).__name__}: {error}"[:300])
                    continue
                moved = bytes_moved(tensors, result)
                share = moved / seconds / bandwidth
                shape = "x".join(map(str, feature))
                rows.append(KernelRow(name, shape, indices, str(variant), seconds, moved, share))
                if first > 10:
                    notes.append(f"- {name} {variant}: the first call took {first:.0f} s")
        text = "\n".join([format_roofline(rows), *(["", *notes] if notes else [])])
        report.add(part, text, [asdict(row) for row in rows])


def run_stages(scale: Scale, report: Report, part: str) -> None:
    """One stage: index network, IP and IU, beside the literal form and max pooling."""
    batch, channels, side = scale.stage
    for operator in scale.stages:
        works = [
            StageWork(who, operator, channels, (side, side), batch, "forward+backward", variant=how)
            for who, how in _candidates(PLAIN, Variant("32", "channels-last"), *_HALF)
        ]
        _measure(works, scale, report, part)


def run_training(scale: Scale, report: Report, part: str) -> None:
    """A training step of each application, also recorded as a CUDA graph."""
    for works in _training(scale, PLAIN, *_HALF, Variant("bf16-mixed", "channels-last", "graph")):
        _measure(works, scale, report, part)


def run_inference(scale: Scale, report: Report, part: str) -> None:
    """The network of each application on one image, also recorded as a CUDA graph."""
    variants = (PLAIN, Variant("bf16"), Variant("fp16"), Variant("fp16", execution="graph"))
    for works in _inference(scale, PLAIN, *variants):
        _measure(works, scale, report, part)


def run_compiled_inference(scale: Scale, report: Report, part: str) -> None:
    """The networks at inference, compiled by `torch.compile`."""
    variants = (Variant("fp16"), Variant("fp16", execution="compiled"))
    for works in _inference(scale, None, *variants, names=scale.compiled):
        _measure(works, scale, report, part)


def run_compiled_training(scale: Scale, report: Report, part: str) -> None:
    """A training step of each application, compiled by `torch.compile`."""
    variants = (Variant("bf16-mixed"), Variant("bf16-mixed", execution="compiled"))
    for works in _training(scale, *variants, names=scale.compiled):
        _measure([work for work in works if work.candidate == "ours"], scale, report, part)


PARTS: dict[str, tuple[Callable[[Scale, Report, str], None], int]] = {
    "tests": (run_tests, 150),
    "kernels": (run_kernels, 100),
    "stages": (run_stages, 40),
    "training": (run_training, 90),
    "inference": (run_inference, 60),
    "compiled inference": (run_compiled_inference, 90),
    "compiled training": (run_compiled_training, 150),
}
"""Name -> the part and the seconds after which it is ended; what is most wanted first."""


def main(words: list[str] | None = None) -> None:
    """Run one part in this process."""
    parser = new_parser("tools.gpu.parts", __doc__)
    parser.add_argument("part", choices=tuple(PARTS), help="which")
    parser.add_argument("folder", type=Path, help="of the report")
    parser.add_argument("--dry-run", action="store_true", help="tiny, on the CPU")
    options = parser.parse_args(words)
    call, _ = PARTS[options.part]
    scale = DRY_RUN if options.dry_run else FULL
    if scale.device == "cpu":
        torch.set_num_threads(1)
    call(scale, Report(options.folder), options.part)


def _candidates(*variants: Variant) -> list[tuple[Candidate, Variant]]:
    return [("literal", PLAIN), ("max", PLAIN), *(("ours", variant) for variant in variants)]


def _training(scale: Scale, *variants: Variant, names: Iterable[str] = APPLICATIONS) -> Iterator[list[Work]]:
    for name in names:
        application, samples = APPLICATIONS[name], scale.samples[name]
        side = scale.side or application.size
        yield [
            TrainWork(who, application.operator, name, samples, side, scale.width, variant=how)
            for who, how in _candidates(*variants)
        ]


def _inference(
    scale: Scale, compared: Variant | None, *variants: Variant, names: Iterable[str] = APPLICATIONS
) -> Iterator[list[Work]]:
    for name in names:
        operator, size = APPLICATIONS[name].operator, scale.images[name]
        others: list[tuple[Candidate, Variant]] = (
            [] if compared is None else [("literal", compared), ("max", compared), ("ours", compared)]
        )
        yield [
            InferenceWork(who, operator, name, size, scale.width, variant=how)
            for who, how in [*others, *(("optimized", variant) for variant in variants)]
        ]


def _measure(works: Sequence[Work], scale: Scale, report: Report, part: str) -> None:
    measure_works(works, scale.device, report, part, rounds=scale.rounds, least=scale.least)


def _synchronize(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    run(main)
