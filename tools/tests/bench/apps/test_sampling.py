import time

import pytest

from indexnet_engine.randomness import SampleKey
from tools.bench.apps.sampling import measure_sampling, spread_keys


def busy(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


class Data:
    """Samples of two stages, one three times as long as the other; the first time takes longer."""

    def __init__(self) -> None:
        self.keys: list[SampleKey] = []

    def __len__(self) -> int:
        return 10

    def __getitem__(self, key: SampleKey) -> int:
        busy(0.0 if any(seen.index == key.index for seen in self.keys) else 0.02)
        self.keys.append(key)
        short()
        long()
        return key.index


def short() -> None:
    busy(0.002)


def long() -> None:
    busy(0.006)


def test_rates_and_stages() -> None:
    data = Data()
    found = measure_sampling(data, {"test_sampling.short": "one", "test_sampling.long": "two"}, 5)
    assert found.seconds["two"] / found.seconds["one"] == pytest.approx(3, rel=0.5)
    assert found.rate > found.first > 0
    assert [key.index for key in data.keys[1:]] == 3 * [0, 2, 4, 6, 8]


def test_keys_go_round_where_more_are_asked_for_than_there_are() -> None:
    assert [key.index for key in spread_keys(2, 4, epoch=1)] == [0, 0, 1, 1]
