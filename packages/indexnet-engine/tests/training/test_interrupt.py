"""When several processes agree to stop; the rest is in `test_loop.py` and `test_loop_processes.py`."""

import signal
from typing import Any

import torch
from torch import Tensor

from indexnet_engine.training.interrupt import AGREE_EVERY, StopRequest


class Processes:
    """Simulates the Fabric of one of two processes; the other has received the signal ``other``."""

    world_size = 2
    device = torch.device("cpu")

    def __init__(self, other: int = 0) -> None:
        self.other = other
        self.agreements = 0

    def all_reduce(self, number: Tensor, reduce_op: str) -> Tensor:
        assert reduce_op == "max"
        self.agreements += 1
        return number.clamp(min=self.other)


def test_several_processes_agree_every_few_steps() -> None:
    fabric: Any = Processes()
    with StopRequest() as stop:
        signal.raise_signal(signal.SIGTERM)
        answers = [stop(fabric, step, saves=False) for step in range(1, AGREE_EVERY + 1)]
    assert answers == [False] * (AGREE_EVERY - 1) + [True]
    assert fabric.agreements == 1


def test_processes_agree_at_a_step_that_saves() -> None:
    fabric: Any = Processes(other=signal.SIGINT)
    with StopRequest() as stop:
        assert not stop(fabric, 3, saves=False)
        assert stop(fabric, 4, saves=True)
