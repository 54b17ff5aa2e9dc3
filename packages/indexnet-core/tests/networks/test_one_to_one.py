"""Fig. 7 literally, and Table 1's rows for one-to-one index networks."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from indexnet_core import IndexNetwork, create_index_network
from indexnet_core.analysis.complexity import count_parameters
from indexnet_core.networks import BlockOptions, OneToOneShared, OneToOneUnshared

VARIANTS = ["", "-nl", "-nl-c"]
KINDS = [(False, False), (True, False), (True, True)]


@pytest.mark.parametrize("expansion", [1, 2])
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("family", ["o2o-modelwise", "o2o-shared"])
def test_shared_equals_figure_7(
    family: str, variant: str, k: int, expansion: int, check_columns: Callable[..., None]
) -> None:
    """M = 1, N = 1: the slices are folded into the batch."""

    def pick(weight: Tensor, p: int) -> Tensor:
        return weight.unflatten(0, (k * k, -1))[p]

    network = create_index_network(family + variant, 5, k=k, expansion=expansion)
    check_columns(network, torch.randn(2, 5, 3 * k, 4 * k), pick, 1)


@pytest.mark.parametrize("expansion", [1, 2])
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("variant", VARIANTS)
def test_unshared_equals_figure_7(
    variant: str, k: int, expansion: int, check_columns: Callable[..., None]
) -> None:
    """M = C, N = C: a convolution for each slice."""
    channels = 5

    def pick(weight: Tensor, p: int) -> Tensor:
        return weight.unflatten(0, (channels, k * k, -1))[:, p].flatten(0, 1)

    network = create_index_network("o2o-unshared" + variant, channels, k=k, expansion=expansion)
    check_columns(network, torch.randn(2, channels, 3 * k, 4 * k), pick, channels)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("family", ["o2o-modelwise", "o2o-shared", "o2o-unshared"])
def test_an_index_slice_depends_on_its_own_slice_alone(family: str, variant: str) -> None:
    network = create_index_network(family + variant, 4).eval()
    x = torch.randn(1, 4, 6, 6)
    changed = x.clone()
    changed[:, 2] += torch.randn(6, 6)
    for before, after in zip(network(x), network(changed)):
        assert torch.equal(before[:, [0, 1, 3]], after[:, [0, 1, 3]])
        assert not torch.equal(before[:, 2], after[:, 2])


@pytest.mark.parametrize("variant", VARIANTS)
def test_shared_networks_treat_all_slices_alike_and_fit_any_width(variant: str) -> None:
    network = create_index_network("o2o-shared" + variant, 4).eval()
    x = torch.randn(1, 7, 6, 6)
    order = torch.randperm(7)
    torch.testing.assert_close(network(x[:, order]).encoder, network(x).encoder[:, order])


@pytest.mark.parametrize(("kind", "count"), list(zip(KINDS, [16, 56, 152])))
def test_parameters_of_a_shared_network_as_printed(kind: tuple[bool, bool], count: int) -> None:
    """The modelwise rows of Tables 3, 5, 6 and 7."""
    assert count_parameters(IndexNetwork(OneToOneShared(), 1, BlockOptions(*kind))) == count


@pytest.mark.parametrize("expansion", [1, 2])
@pytest.mark.parametrize("k", [2, 3, 4])
def test_parameters_shared(k: int, expansion: int) -> None:
    """Table 1: (K·K)·4, (K·K·2 + 2)·4, (2K·2K·2 + 2)·4 (4 = the positions), and batch norm."""
    e, positions = expansion, k * k
    counts = [
        (k * k) * positions,
        (k * k * e + e) * positions + 2 * e * positions,
        (2 * k * 2 * k * e + e) * positions + 2 * e * positions,
    ]
    for (nonlinear, context), count in zip(KINDS, counts):
        network = IndexNetwork(OneToOneShared(), 1, BlockOptions(nonlinear, context, expansion, k))
        assert count_parameters(network) == count


@pytest.mark.parametrize("expansion", [1, 2])
@pytest.mark.parametrize("channels", [1, 6, 32])
@pytest.mark.parametrize("k", [2, 3, 4])
def test_parameters_unshared(k: int, channels: int, expansion: int) -> None:
    """Table 1 with 2C for the 2C×C of the second convolution, which is grouped; and batch norm."""
    hidden, positions = expansion * channels, k * k
    counts = [
        (k * k * channels) * positions,
        (k * k * hidden + hidden) * positions + 2 * hidden * positions,
        (2 * k * 2 * k * hidden + hidden) * positions + 2 * hidden * positions,
    ]
    for (nonlinear, context), count in zip(KINDS, counts):
        network = IndexNetwork(OneToOneUnshared(), channels, BlockOptions(nonlinear, context, expansion, k))
        assert count_parameters(network) == count
