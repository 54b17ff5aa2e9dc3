import pytest
import torch
from torch import Tensor

from indexnet_core import ShapeError
from indexnet_engine.models.dense_network import DenseNetwork


class Seen(DenseNetwork):
    """Keeps the size that it was run on."""

    def estimate(self, x: Tensor) -> Tensor:
        self.size = tuple(x.shape[2:])
        return 2 * x


def test_the_reach_is_unknown_unless_it_is_stated() -> None:
    assert (Seen(8).reach, Seen(8, reach=5).reach) == (None, 5)


def test_other_sizes_are_padded_and_cropped() -> None:
    network, x = Seen(8, pad=True), torch.rand(1, 3, 10, 16)
    assert torch.equal(network(x), 2 * x)
    assert network.size == (16, 16)


def test_other_sizes_are_refused_without_padding() -> None:
    network = Seen(8)
    assert network(torch.rand(1, 3, 16, 8)).shape == (1, 3, 16, 8)
    with pytest.raises(ShapeError, match="divisible by 8, got 10x16; pass pad=True"):
        network(torch.rand(1, 3, 10, 16))


@pytest.mark.parametrize("pad", [False, True])
def test_any_size_is_taken_as_it_is(pad: bool) -> None:
    network = Seen(8, pad=pad, any_size=True)
    network(torch.rand(1, 3, 10, 15))
    assert network.size == (10, 15)
