"""Run a method on a group of images and measure the results."""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from indexnet_denoising.metrics import measure
from indexnet_engine.reports.metric_tables import mean_of
from tools.denoisers.cache import Cache, Result, sixteen_bits
from tools.denoisers.inputs import Group, Image, Pair
from tools.denoisers.methods import Method
from tools.denoisers.strengths import Strengths, best_strengths

__all__ = ["Measured", "Row", "denoise", "measure_group"]


class Measured(NamedTuple):
    """Metrics and costs of one image; see `Result`."""

    metrics: dict[str, float]
    seconds: float
    cpu_seconds: float
    threads: int


class Row(NamedTuple):
    """A method on a group of images: a line of the table.

    Attributes:
        group: the images.
        method: the method.
        strengths: those that it was run with.
        images: name -> measures.
    """

    group: Group
    method: Method
    strengths: Strengths
    images: dict[str, Measured]

    def mean(self) -> dict[str, float]:
        """The mean of each metric over the images."""
        return mean_of(image.metrics for image in self.images.values())

    def median_seconds(self) -> tuple[float, float]:
        """The medians of the time on the clock and of the processor's time."""
        images = self.images.values()
        seconds = statistics.median(image.seconds for image in images)
        return seconds, statistics.median(image.cpu_seconds for image in images)

    def settings(self) -> str:
        """Names and values of the strengths, as a text."""
        named = zip(self.method.strengths, self.strengths, strict=False)
        return ", ".join(f"{name} {strength:.1f}" for name, strength in named)


def measure_group(method: Method, group: Group, cache: Cache, tick: Callable[[], object]) -> Row:
    """Denoise and measure every image, with the best strengths of a method that has some.

    Args:
        method: the denoiser.
        group: the images.
        cache: results of methods that are stored.
        tick: called after every image, also of strengths that are only tried.
    """
    tried: dict[Strengths, dict[str, Measured]] = {}

    def score(strengths: Strengths) -> float:
        tried[strengths] = {}
        for name, read in group.pairs.items():
            tried[strengths][name] = _measure(method, read(), group.sigma, strengths, cache)
            tick()
        return statistics.fmean(image.metrics["psnr"] for image in tried[strengths].values())

    best = best_strengths(score, method.start(group))
    return Row(group, method, best, tried[best])


def denoise(method: Method, noisy: Image, sigma: float | None, strengths: Strengths, cache: Cache) -> Result:
    """Denoise an image, or read the result that is stored."""
    if method.stored_as is None:
        return _timed(method, noisy, sigma, strengths)
    path = cache.path(method.stored_as, noisy, sigma, strengths)
    stored = cache.read(path)
    if stored is None:
        result = _timed(method, noisy, sigma, strengths)
        stored = result._replace(image=sixteen_bits(result.image))
        cache.write(path, stored)
    return stored


def _timed(method: Method, noisy: Image, sigma: float | None, strengths: Strengths) -> Result:
    start, cpu_start = time.perf_counter(), time.process_time()
    image = method.denoise(noisy, sigma, strengths)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    return Result(image, seconds, cpu_seconds, torch.get_num_threads())


def _measure(method: Method, pair: Pair, sigma: float | None, strengths: Strengths, cache: Cache) -> Measured:
    result = denoise(method, pair.noisy, sigma, strengths, cache)
    # A clean image has no noise of which something could be left.
    noisy = None if np.array_equal(pair.noisy, pair.clean) else pair.noisy
    return Measured(measure(pair.clean, result.image, noisy), *result[1:])
