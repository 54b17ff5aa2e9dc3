import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor

from indexnet_engine.training.shares import shares


class TwoProcesses:
    """Simulates the Fabric of one of two processes; the pieces of the other weigh ``other`` together."""

    world_size = 2

    def __init__(self, other: float) -> None:
        self.other = other

    def all_reduce(self, number: Tensor, reduce_op: str) -> Tensor:
        assert reduce_op == "sum"
        return number + self.other


@pytest.fixture
def fabric() -> Fabric:
    return Fabric(accelerator="cpu", devices=1)


def test_by_hand(fabric: Fabric) -> None:
    """Weights 1, 2 and 5 of 8, times three pieces."""
    found = shares([torch.tensor(weight) for weight in (1, 2, 5)], fabric)
    assert found == [3 / 8, 6 / 8, 15 / 8]


def test_the_weights_of_all_processes_count() -> None:
    """Weights 1 and 2 here, 5 there, times four pieces."""
    assert shares([torch.tensor(1.0), torch.tensor(2.0)], TwoProcesses(5.0)) == [4 / 8, 8 / 8]


def test_no_weight_at_all_gives_no_nan(fabric: Fabric) -> None:
    assert shares([torch.tensor(0), torch.tensor(0)], fabric) == [0, 0]


def test_no_factor_where_none_is_needed(fabric: Fabric) -> None:
    assert shares([None, None], fabric) is None, "means over the samples"
    assert shares([torch.tensor(7)], fabric) is None, "a single piece"
    assert shares([torch.tensor(7)], TwoProcesses(7.0)) == [1.0]
