import time
from functools import partial

import pytest
import torch

from tools.bench.timing import interleaved_seconds, median_seconds


def test_candidates_take_turns() -> None:
    order: list[str] = []

    def call(name: str, seconds: float) -> None:
        order.append(name)
        time.sleep(seconds)

    found = interleaved_seconds(
        [partial(call, "slow", 0.02), partial(call, "quick", 0.001)],
        "cpu",
        rounds=2,
        least=0.001,
        tick=lambda: order.append("tick"),
    )
    assert found[0] >= 0.02 > found[1] >= 0.001
    assert [name for name, before in zip(order, ["", *order]) if name != before] == [
        "slow",
        "tick",
        "quick",
        "tick",
    ] * 2


@pytest.mark.gpu
def test_cuda_events() -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    x = torch.randn(4096, 4096, device="cuda")
    assert 0 < median_seconds(lambda: x + 1, "cuda", 0.01) < median_seconds(lambda: x @ x, "cuda", 0.01)
