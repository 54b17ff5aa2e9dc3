"""The rate at which training samples are made on one core, and the time of each stage."""

import cProfile
import pstats
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from indexnet_engine.randomness import SampleKey
from indexnet_engine.training.task import TrainData

__all__ = ["Sampling", "measure_sampling", "samples_a_second", "shares", "spread_keys"]


class Sampling(NamedTuple):
    """Costs of making samples, in CPU time."""

    first: float
    """Samples per second at the first request of each sample, which fills the caches."""
    rate: float
    """Samples per second at later requests."""
    seconds: dict[str, float]
    """Seconds of each stage over all samples; the rest is ``"other"``."""


def measure_sampling(data: TrainData, stages: Mapping[str, str], count: int) -> Sampling:
    """Make samples three times: a first time, timed again, and under the profiler.

    Args:
        data: samples.
        stages: ``"module.function"`` that making a sample calls -> its purpose. None of them calls another.
        count: samples to make each time.
    """
    data[SampleKey(0, 0)]  # imports and compiled tables
    first = samples_a_second(data, spread_keys(len(data), count, epoch=0))
    rate = samples_a_second(data, spread_keys(len(data), count, epoch=1))
    profile = cProfile.Profile(time.process_time)
    for key in spread_keys(len(data), count, epoch=1):
        profile.runcall(data.__getitem__, key)
    spent: dict[str, float] = {}
    for function, stage in stages.items():
        spent[stage] = spent.get(stage, 0.0) + _seconds(profile, function)
    spent["other"] = _seconds(profile, f"{_module(data)}.__getitem__") - sum(spent.values())
    return Sampling(first, rate, {stage: value for stage, value in spent.items() if value > 0})


def spread_keys(length: int, count: int, epoch: int) -> list[SampleKey]:
    """Name samples that are spread evenly over the data.

    >>> [key.index for key in spread_keys(10, 4, epoch=0)]
    [0, 2, 5, 7]
    """
    return [SampleKey(epoch, number * length // count) for number in range(count)]


def shares(seconds: Mapping[str, float]) -> str:
    """Format each stage's share of the time, the largest first.

    >>> shares({"read": 1.0, "resize": 3.0})
    'resize 75 %, read 25 %'
    """
    total = sum(seconds.values())
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    return ", ".join(f"{stage} {100 * value / total:.0f} %" for stage, value in ordered)


def samples_a_second(data: TrainData, keys: Sequence[SampleKey]) -> float:
    """Make samples; return their number per CPU second."""
    start = time.process_time()
    for key in keys:
        data[key]
    return len(keys) / (time.process_time() - start)


def _module(data: TrainData) -> str:
    return type(data).__module__.rpartition(".")[2]


def _seconds(profile: cProfile.Profile, function: str) -> float:
    """Time spent in a function, ``"module.function"``, and in all functions that it calls."""
    module, _, name = function.rpartition(".")
    found = pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    return sum(entry[3] for (file, _, called), entry in found if (Path(file).stem, called) == (module, name))
