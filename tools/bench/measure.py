"""Measure works and return rows."""

from collections.abc import Sequence
from typing import Any, Literal

from tools.bench.memory import Peak, peak_in_fresh_process
from tools.bench.profiling import operator_shares
from tools.bench.rows import Row
from tools.bench.timing import interleaved_seconds
from tools.bench.work import Settings, Work

__all__ = ["Measure", "measure_group"]

Measure = Literal["time", "memory", "profile"]
"""Seconds, bytes, and each operator's share of the seconds."""


def measure_group(
    group: Sequence[Work],
    measures: Sequence[Measure],
    settings: Settings,
    *,
    rounds: int,
    least: float,
    bar: Any,
) -> list[Row]:
    """Measure works that are compared with each other: time in turns in this process, memory in one process
    each.

    Args:
        group: the works.
        measures: time, memory or profile.
        settings: device and threads.
        rounds, least: see `interleaved_seconds`.
        bar: progress bar, advanced after every turn, process and profile.
    """
    peaks: list[Peak | None] = [None] * len(group)
    seconds: list[float | None] = [None] * len(group)
    profiles: list[dict[str, float] | None] = [None] * len(group)
    if "memory" in measures:
        for place, work in enumerate(group):
            peaks[place] = peak_in_fresh_process(work, settings)
            bar.update()
    if {"time", "profile"} & {*measures}:
        calls = [work.build(settings.device) for work in group]
    if "time" in measures:
        seconds = [*interleaved_seconds(calls, settings.device, rounds=rounds, least=least, tick=bar.update)]
    if "profile" in measures:
        for place, call in enumerate(calls):
            profiles[place] = operator_shares(call, settings.device)
            bar.update()
    return [
        Row(
            work.case,
            work.candidate,
            str(work.variant),
            time,
            peak and peak.added,
            peak and peak.total,
            profile,
        )
        for work, time, peak, profile in zip(group, seconds, peaks, profiles, strict=True)
    ]
