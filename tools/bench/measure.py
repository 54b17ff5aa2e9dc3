"""From works to rows."""

from collections.abc import Sequence
from typing import Any, Literal

from bench.memory import Peak, peak_in_fresh_process
from bench.rows import Row
from bench.timing import interleaved_seconds
from bench.work import Settings, Work

__all__ = ["Measure", "measure_group"]

Measure = Literal["time", "memory"]


def measure_group(
    group: Sequence[Work],
    measures: Sequence[Measure],
    settings: Settings,
    *,
    rounds: int,
    least: float,
    bar: Any,
) -> list[Row]:
    """Measure works that are compared with each other: time by turns here, memory in a process each.

    Args:
        group: the works.
        measures: what is measured.
        settings: device and threads.
        rounds, least: see `interleaved_seconds`.
        bar: progress bar, moved by one a turn and by one a process.
    """
    peaks: list[Peak | None] = [None] * len(group)
    seconds: list[float | None] = [None] * len(group)
    if "memory" in measures:
        for place, work in enumerate(group):
            peaks[place] = peak_in_fresh_process(work, settings)
            bar.update()
    if "time" in measures:
        calls = [work.build(settings.device) for work in group]
        seconds = [*interleaved_seconds(calls, settings.device, rounds=rounds, least=least, tick=bar.update)]
    return [
        Row(work.case, work.candidate, str(work.variant), time, *(peak or (None, None)))
        for work, time, peak in zip(group, seconds, peaks, strict=True)
    ]
