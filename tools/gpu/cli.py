"""Run everything that needs a GPU, and write one report.

    python -m tools.gpu                          # eight minutes at most, into gpu-report/
    python -m tools.gpu --parts tests kernels    # some parts; others in a second call continue the report
    python -m tools.gpu --dry-run                # tiny, on the CPU, to test the path

Every part runs in a process of its own and writes each table at once, so that a crash or a timeout loses one
table. The folder gets report.md, report.json with the same figures, and tests.log.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from indexnet_engine.errors import UserError
from indexnet_engine.files import make_folder
from tools.bench.machine import describe_machine
from tools.command import new_parser
from tools.gpu.parts import PARTS, ROOT
from tools.gpu.report import Report

__all__ = ["main", "missing"]

_LEAST = 20  # seconds in which a part can measure anything


def main(words: Sequence[str] | None = None) -> None:
    """Run the parts one after another.

    Raises:
        UserError: there is no GPU, an option is wrong, or a part failed.
    """
    parser = new_parser("tools.gpu", __doc__)
    parser.add_argument("--out", type=Path, default=Path("gpu-report"), help="folder of the report")
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=tuple(PARTS), help="which")
    parser.add_argument("--minutes", type=float, default=8.0, help="after which no part runs")
    parser.add_argument("--dry-run", action="store_true", help="tiny, on the CPU")
    options = parser.parse_args(words)
    if not options.minutes > 0:
        raise UserError(f"--minutes must be positive, got {options.minutes:g}")
    if not options.dry_run and (what := missing()) is not None:
        raise UserError(what)
    end = time.monotonic() + 60 * options.minutes
    make_folder(options.out)
    report = Report(options.out)
    report.set_title(_describe(options.dry_run))
    failed = []
    for part in options.parts:
        left = end - time.monotonic()
        if left < _LEAST and not options.dry_run:
            Report(options.out).add(part, f"not run: {max(0, left):.0f} s were left")
            continue
        print(f"{part} ...", flush=True)
        started = time.monotonic()
        limit = None if options.dry_run else min(left, PARTS[part][1])
        problem = _run_part(part, options.out, options.dry_run, limit)
        taken = f"{time.monotonic() - started:.0f} s"
        Report(options.out).add(part, f"({taken})" if problem is None else f"{problem} ({taken})")
        print(f"{part}: {problem or 'done'} ({taken})", flush=True)
        failed += [part] if problem is not None else []
    print(f"wrote {options.out / 'report.md'}")
    if failed:
        raise UserError(f"parts that did not end well: {', '.join(failed)}; see {options.out / 'report.md'}")


def missing() -> str | None:
    """One line about what this machine lacks for a GPU run; None if nothing is missing."""
    if torch.version.cuda is None:
        return f"no GPU run: PyTorch {torch.__version__} is built without CUDA (--dry-run runs on the CPU)"
    if not torch.cuda.is_available():
        return f"no GPU run: PyTorch {torch.__version__} finds no CUDA device (--dry-run runs on the CPU)"
    if importlib.util.find_spec("triton") is None:
        return "no GPU run: Triton is not installed, with which the fused kernels are written"
    return None


def _describe(dry_run: bool) -> str:
    if dry_run:
        return f"Dry run with tiny sizes; the figures mean nothing. {describe_machine('cpu')}"
    import triton

    major, minor = torch.cuda.get_device_capability()
    convolutions, products = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    return (
        f"{describe_machine('cuda')}, sm_{major}{minor}, CUDA {torch.version.cuda}, "
        f"Triton {triton.__version__}. TF32: convolutions {convolutions}, matrix products {products}."
    )


def _run_part(part: str, folder: Path, dry_run: bool, limit: float | None) -> str | None:
    """Run a part in a process of its own; return what went wrong, or None."""
    words = [part, str(folder.resolve()), *(["--dry-run"] if dry_run else [])]
    paths = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.gpu.parts", *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # with the processes that it has started
        process.communicate()
        return f"ended after its {limit:.0f} s; the tables above are complete"
    if process.returncode == 0:
        return None
    last = (errors.strip().splitlines() or ["no message"])[-1]
    return f"failed with status {process.returncode}: {last[:300]}"
