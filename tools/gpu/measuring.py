"""Measure works that are compared with each other on one device; one that fails costs its own row alone."""

import gc
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from tools.bench.rows import Row, as_json, cells, header
from tools.bench.timing import median_seconds
from tools.bench.work import Work
from tools.gpu.report import Report

__all__ = ["measure_works"]


def measure_works(
    works: Sequence[Work], device: str, report: Report, part: str, *, rounds: int, least: float
) -> None:
    """Write a table of the works' time and memory, and a line for each that fails.

    All are built first and then take turns, so that a change of the clock affects all of them.

    Args:
        works: what is compared; ratios are to the first literal work and the first of max.
        device: ``cuda``, or ``cpu`` for a dry run.
        report, part: where the table goes.
        rounds: turns of each.
        least: length of a turn in seconds.
    """
    calls: list[tuple[Work, Callable[[], object], int | None]] = []
    notes = []
    for work in works:
        started = time.perf_counter()
        try:
            call, added = _built(work, device)
        except Exception as error:  # out of memory, a compiler, a kernel
            notes.append(_failure(work, error))
            continue
        seconds = time.perf_counter() - started
        if work.variant.execution != "eager":
            notes.append(f"- {work.candidate} {work.variant}: ready after {seconds:.1f} s")
        calls.append((work, call, added))
    turns: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for (work, call, _added), found in zip(calls, turns, strict=True):
            try:
                found.append(median_seconds(call, device, least))
            except Exception as error:
                notes.append(_failure(work, error))
    rows = [
        Row(work.case, work.candidate, str(work.variant), min(found, default=None), added)
        for (work, _call, added), found in zip(calls, turns, strict=True)
    ]
    text = "\n".join([header(rows[0].case), *cells(rows)]) if rows else "nothing could be measured"
    figures: list[dict[str, Any]] = as_json(rows)
    report.add(part, "\n".join([text, *(["", *notes] if notes else [])]), figures)
    calls.clear()
    _free(device)


def _built(work: Work, device: str) -> tuple[Callable[[], object], int | None]:
    """The work, run until its memory has reached its peak, and the bytes that this added."""
    _free(device)
    call = work.build(device)
    if device != "cuda" or work.variant.execution == "graph":  # a graph keeps memory of its own
        for _ in range(work.runs()):
            call()
        return call, None
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    for _ in range(work.runs()):
        call()
    torch.cuda.synchronize()
    return call, torch.cuda.max_memory_allocated() - before


def _failure(work: Work, error: Exception) -> str:
    reason = " ".join(str(error).split())[:300]
    return f"- {work.candidate} {work.variant}: failed, {type(error).__name__}: {reason}"


def _free(device: str) -> None:
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
