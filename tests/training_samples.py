"""Checks of training data whose samples are dicts of tensors: functions of seed, epoch and index alone."""

import pickle
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from indexnet_engine.randomness import SampleKey
from indexnet_engine.training.sampler import StepSampler


def assert_same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> None:
    """Compare two samples, or two batches, bit by bit."""
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def check_keys(dataset: Any, name: str) -> None:
    """A sample depends on the data set's seed and on its key, not on what was drawn before or where.

    Args:
        dataset: training data with an attribute ``seed``, which becomes another; at least 8 samples.
        name: an entry that differs from sample to sample.
    """
    key = SampleKey(1, 4)
    first = dataset[key]
    dataset[SampleKey(0, 1)]
    assert_same(dataset[key], first)
    assert_same(pickle.loads(pickle.dumps(dataset))[key], first)
    for other in (SampleKey(2, 4), SampleKey(1, 7)):
        assert not torch.equal(dataset[other][name], first[name])
    dataset.seed += 1
    assert not torch.equal(dataset[key][name], first[name])


def check_workers(dataset: Any, *, batch_size: int, steps: int, start: str, count: int) -> None:
    """Worker processes give the same batches as none."""

    def batches(**options: Any) -> list[Mapping[str, Tensor]]:
        sampler = StepSampler(len(dataset), batch_size, seed=0, stop_step=steps)
        return list(DataLoader(dataset, batch_sampler=sampler, **options))

    dataset[SampleKey(0, 0)]  # what is open in this process must not disturb the workers
    for one, other in zip(batches(), batches(num_workers=count, multiprocessing_context=start), strict=True):
        assert_same(one, other)
