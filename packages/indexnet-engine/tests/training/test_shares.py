import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor

from indexnet_engine.training.shares import shares, weighted_pieces


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


class Weighing:
    """Weighs a piece by its number."""

    def weight(self, piece: int) -> Tensor:
        return torch.tensor(piece)


class Equal:
    def weight(self, piece: int) -> None:
        return None


def test_pieces_that_weigh_the_same_are_loaded_one_after_another(fabric: Fabric) -> None:
    batches = iter(range(5))
    pieces = weighted_pieces(Equal(), batches, 3, fabric)  # type: ignore[arg-type]
    assert next(pieces) == (0, None)
    assert next(batches) == 1
    assert list(pieces) == [(2, None), (3, None)]


def test_pieces_with_their_factors(fabric: Fabric) -> None:
    batches = iter((1, 2, 5, 7))
    pieces = weighted_pieces(Weighing(), batches, 3, fabric)  # type: ignore[arg-type]
    assert list(pieces) == [(1, 3 / 8), (2, 6 / 8), (5, 15 / 8)]
    assert list(batches) == [7]


def test_a_single_piece_needs_no_factor(fabric: Fabric) -> None:
    assert list(weighted_pieces(Weighing(), iter([7]), 1, fabric)) == [(7, None)]  # type: ignore[arg-type]
    alone = weighted_pieces(Weighing(), iter([7]), 1, TwoProcesses(7.0))  # type: ignore[arg-type]
    assert list(alone) == [(7, 1.0)]
