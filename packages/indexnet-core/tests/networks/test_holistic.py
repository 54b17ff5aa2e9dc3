"""Fig. 6 literally, and Table 1's rows for holistic index networks."""

from collections.abc import Callable

import pytest
import torch

from indexnet_core import IndexNetwork, create_index_network
from indexnet_core.analysis.complexity import count_parameters
from indexnet_core.networks import BlockOptions, Holistic

VARIANTS = ["hin", "hin-nl", "hin-nl-c"]


@pytest.mark.parametrize("expansion", [1, 2])
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("name", VARIANTS)
def test_equals_figure_6(name: str, k: int, expansion: int, check_columns: Callable[..., None]) -> None:
    network = create_index_network(name, 5, k=k, expansion=expansion)
    check_columns(network, torch.randn(2, 5, 3 * k, 4 * k), lambda weight, _: weight, 1)


@pytest.mark.parametrize("name", VARIANTS)
def test_position_p_of_a_region_is_channel_p(name: str) -> None:
    network = create_index_network(name, 3).eval()
    with torch.no_grad():
        last = network.block[-1].weight
        last.zero_()
        last[3] = 1.0  # bottom right
    decoder = network(1 + torch.rand(1, 3, 4, 4)).decoder
    assert torch.equal(decoder[..., ::2, :], torch.full((1, 1, 2, 4), 0.5))
    assert torch.equal(decoder[..., 1::2, ::2], torch.full((1, 1, 2, 2), 0.5))
    assert (decoder[..., 1::2, 1::2] != 0.5).all()


@pytest.mark.parametrize("expansion", [1, 2])
@pytest.mark.parametrize("channels", [1, 6, 32])
@pytest.mark.parametrize("k", [2, 3, 4])
def test_parameters(k: int, channels: int, expansion: int) -> None:
    """Table 1: K·K·C·4, K·K·C·2C + 2C·4, 2K·2K·C·2C + 2C·4 (4 = the positions), and batch norm."""
    hidden, positions = expansion * channels, k * k
    wanted = {
        (False, False): k * k * channels * positions,
        (True, False): k * k * channels * hidden + hidden * positions + 2 * hidden,
        (True, True): 2 * k * 2 * k * channels * hidden + hidden * positions + 2 * hidden,
    }
    for (nonlinear, context), count in wanted.items():
        network = IndexNetwork(Holistic(), channels, BlockOptions(nonlinear, context, expansion, k))
        assert count_parameters(network) == count
