"""Time candidates in turns, so that a slowdown of the machine affects all of them."""

import statistics
from collections.abc import Callable, Sequence

import torch

__all__ = ["interleaved_seconds", "median_seconds"]

_BLOCK = 0.01  # seconds on a GPU, long enough to make the cost of starting and stopping the clock negligible


def interleaved_seconds(
    calls: Sequence[Callable[[], object]],
    device: str,
    *,
    rounds: int,
    least: float,
    tick: Callable[[], object] = lambda: None,
) -> list[float]:
    """Time several calls, each once a round; return each one's lowest median of all rounds.

    Args:
        calls: the functions to time.
        device: ``cpu``, or ``cuda`` for the GPU's own clock.
        rounds: number of turns of each call.
        least: minimum length of a turn in seconds.
        tick: called after every turn.

    Returns:
        Seconds of one run of each.
    """
    found: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, seconds in zip(calls, found, strict=True):
            seconds.append(median_seconds(call, device, least))
            tick()
    return [min(seconds) for seconds in found]


def median_seconds(call: Callable[[], object], device: str, least: float) -> float:
    """Median time of a run, over at least this many seconds, after one run to warm up."""
    if device == "cuda":
        return _gpu_median(call, least)
    from torch.utils.benchmark import Timer  # importing it looks for compilers and prints so: not for --help

    # The timer itself would set one thread.
    timer = Timer("call()", globals={"call": call}, num_threads=torch.get_num_threads())
    return timer.blocked_autorange(min_run_time=least).median


def _gpu_median(call: Callable[[], object], least: float) -> float:
    """Time blocks of queued runs with CUDA events, so that the GPU does not wait for Python."""
    call()
    number = 1
    while (seconds := _gpu_seconds(call, number)) * number < _BLOCK:
        number = max(2 * number, round(_BLOCK / max(seconds, 1e-7)))
    found = [_gpu_seconds(call, number)]
    while sum(found) * number < least:
        found.append(_gpu_seconds(call, number))
    return statistics.median(found)


def _gpu_seconds(call: Callable[[], object], number: int) -> float:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(number):
        call()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) / 1e3 / number
