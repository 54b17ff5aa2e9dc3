"""Peak memory of a process, or of the GPU's allocator.

``python -m tools.bench.memory`` measures the one work that it reads from standard input, in its own process.
"""

import contextlib
import ctypes
import gc
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from indexnet_engine.errors import UserError
from tools.bench.work import Settings, Work

__all__ = ["Peak", "peak_in_fresh_process"]

_STATUS = Path("/proc/self/status")


class Peak(NamedTuple):
    """Peak in bytes: what the work added to weights and input, and the total of the process or the device."""

    added: int
    total: int


def peak_in_fresh_process(work: Work, settings: Settings) -> Peak:
    """Measure in a new process.

    Raises:
        UserError: the process failed, most likely because memory ran out.
    """
    paths = [str(Path(__file__).parents[2]), *filter(None, sys.path)]
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench.memory"],
        input=pickle.dumps((work, settings)),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        reason = f"status {done.returncode}" if not last else last[0]
        what = ", ".join([*work.case.values(), work.candidate, str(work.variant)])
        raise UserError(f"the memory of {what} could not be measured: its process ended with {reason}")
    return Peak(*json.loads(done.stdout.decode().splitlines()[-1]))


def _measure_peak(work: Work, settings: Settings) -> Peak:
    """Measure in this process; its peak so far is reset where the system supports that.

    Call it in a new process: one that has trained keeps freed memory, so that its peak would be wrong.
    """
    torch.set_num_threads(settings.threads)
    # Code that is loaded at its first use must not count.
    _run(work.small().build(settings.device), work.runs())
    call = work.build(settings.device)
    gc.collect()
    if settings.device == "cuda":
        return _gpu_peak(call, work.runs())
    before = _reset_resident()
    _run(call, work.runs())
    total = _peak_resident()
    return Peak(max(0, total - before), total)


def _run(call: Callable[[], object], times: int) -> None:
    for _ in range(times):
        call()


def _gpu_peak(call: Callable[[], object], runs: int) -> Peak:
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    _run(call, runs)
    torch.cuda.synchronize()
    total = torch.cuda.max_memory_allocated()
    return Peak(total - before, total)


def _reset_resident() -> int:
    """Return the resident bytes, and reset the peak on Linux; elsewhere return the peak so far."""
    if not _STATUS.exists():
        return _peak_resident()
    # Return memory freed while the work was built to the system; if reused, it would not count.
    with contextlib.suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):  # not allowed in some containers; a new process has no earlier peak
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def _peak_resident() -> int:
    if _STATUS.exists():
        # The peak of this program alone; ru_maxrss would include the parent process.
        return _status("VmHWM")
    import resource  # not available on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def _status(name: str) -> int:
    lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    print(json.dumps(_measure_peak(*pickle.load(sys.stdin.buffer))))
