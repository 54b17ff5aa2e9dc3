"""Fig. 7 literally, and Table 1's rows for many-to-one index networks."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from indexnet_core import IndexNetwork, create_index_network
from indexnet_core.analysis.complexity import count_parameters
from indexnet_core.networks import BlockOptions, ManyToOne

VARIANTS = ["m2o", "m2o-nl", "m2o-nl-c"]


@pytest.mark.parametrize("expansion", [1, 2])
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("name", VARIANTS)
def test_equals_figure_7(name: str, k: int, expansion: int, check_columns: Callable[..., None]) -> None:
    """M = C, N = 1: ordinary convolutions."""

    def pick(weight: Tensor, p: int) -> Tensor:
        return weight.unflatten(0, (k * k, -1))[p]

    network = create_index_network(name, 5, k=k, expansion=expansion)
    check_columns(network, torch.randn(2, 5, 3 * k, 4 * k), pick, 1)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_index_slice_depends_on_every_feature_slice(name: str) -> None:
    network = create_index_network(name, 4).eval()
    x = torch.randn(1, 4, 6, 6)
    for c in range(4):
        changed = x.clone()
        changed[:, c] += 1
        difference = (network(x).decoder - network(changed).decoder).abs().amax((0, 2, 3))
        assert (difference > 0).all()


@pytest.mark.parametrize("expansion", [1, 2])
@pytest.mark.parametrize("channels", [1, 6, 16])
@pytest.mark.parametrize("k", [2, 3, 4])
def test_parameters(k: int, channels: int, expansion: int) -> None:
    """Table 1: (K·K·C·C)·4, (K·K·C·2C + 2C·C)·4, (2K·2K·C·2C + 2C·C)·4 (4 = the positions); batch norm."""
    c, hidden, positions = channels, expansion * channels, k * k
    wanted = {
        (False, False): (k * k * c * c) * positions,
        (True, False): (k * k * c * hidden + hidden * c) * positions + 2 * hidden * positions,
        (True, True): (2 * k * 2 * k * c * hidden + hidden * c) * positions + 2 * hidden * positions,
    }
    for (nonlinear, context), count in wanted.items():
        network = IndexNetwork(ManyToOne(), channels, BlockOptions(nonlinear, context, expansion, k))
        assert count_parameters(network) == count
