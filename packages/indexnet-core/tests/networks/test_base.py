"""Shapes, ranges, normalisations and errors of all 15 index networks."""

from typing import get_args

import pytest
import torch

from indexnet_core import IndexNetwork, create_index_network
from indexnet_core.errors import ShapeError, SpecError
from indexnet_core.functional.indexed import Normalization, normalize_positions
from indexnet_core.operators.names import INDEX_NETWORKS


@pytest.mark.parametrize("expansion", [1, 2])
@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize("name", INDEX_NETWORKS)
def test_shapes_and_range(name: str, k: int, expansion: int) -> None:
    network = create_index_network(name, 6, k=k, expansion=expansion)
    maps = network(torch.randn(2, 6, 3 * k, 4 * k))
    width = 1 if name.startswith("hin") else 6
    for index in maps:
        assert index.shape == (2, width, 3 * k, 4 * k)
        assert ((index > 0) & (index < 1)).all()


@pytest.mark.parametrize("normalization", get_args(Normalization))
@pytest.mark.parametrize("name", ["hin", "o2o-shared-nl", "o2o-unshared-nl-c", "m2o-nl"])
def test_the_normalization_is_the_one_asked_for(name: str, normalization: Normalization) -> None:
    network = create_index_network(name, 6, normalization=normalization).eval()
    x = torch.randn(2, 6, 8, 8)
    assert f"normalization={normalization!r}" in repr(network)
    for got, wanted in zip(network(x), normalize_positions(network.predict(x), normalization)):
        assert torch.equal(got, wanted)


@pytest.mark.parametrize("name", INDEX_NETWORKS)
def test_sides_that_do_not_divide_are_refused(name: str) -> None:
    with pytest.raises(ShapeError, match="divisible by 2, got 7x8; see pad_to_multiple"):
        create_index_network(name, 6)(torch.randn(1, 6, 7, 8))


@pytest.mark.parametrize("name", ["hin-nl", "o2o-unshared", "m2o-nl-c"])
def test_another_width_is_refused(name: str) -> None:
    with pytest.raises(ShapeError, match="this index network is for 6 channels, got 5"):
        create_index_network(name, 6)(torch.randn(1, 5, 8, 8))


def test_unknown_names_are_refused_when_the_network_is_built() -> None:
    with pytest.raises(SpecError, match="'max' is not an index network"):
        create_index_network("max", 6)
    with pytest.raises(SpecError, match="did you mean 'm2o-nl'"):
        create_index_network("m2o-n1", 6)
    with pytest.raises(SpecError, match="unknown index normalization 'softmin'"):
        create_index_network("m2o", 6, normalization="softmin")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="expansion must be at least 1, got 0"):
        create_index_network("m2o", 6, expansion=0)


@pytest.mark.parametrize("name", INDEX_NETWORKS)
def test_reset_draws_anew(name: str) -> None:
    network = create_index_network(name, 6)
    assert isinstance(network, IndexNetwork)
    before = network.block.conv.weight.clone()
    network.reset_parameters()
    assert not torch.equal(before, network.block.conv.weight)


@pytest.mark.parametrize("name", ["hin", "o2o-shared-nl", "m2o-nl-c"])
def test_maps_have_the_precision_of_the_feature(name: str) -> None:
    """Under autocast the block computes in half precision; a float32 feature still gets float32 maps."""
    network, x = create_index_network(name, 6), torch.randn(2, 6, 4, 4)
    with torch.autocast("cpu", torch.bfloat16):
        assert network.predict(x).dtype == torch.bfloat16
        assert {index.dtype for index in network(x)} == {torch.float32}
        assert {index.dtype for index in network(x.bfloat16())} == {torch.bfloat16}
