"""Indexed pooling and upsampling by an index network, compared with a literal Fig. 2."""

import pytest
import torch
import torch.nn.functional as F

from indexnet_core import create_index_network
from indexnet_core.errors import ShapeError
from indexnet_core.resampling import IndexedResampling


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("name", ["hin-nl", "o2o-shared-nl-c", "o2o-unshared", "m2o-nl-c"])
def test_equals_figure_2(name: str, k: int) -> None:
    """Multiply, average pooling, times k²; nearest upsampling, multiply."""
    network = create_index_network(name, 4, k=k).eval()
    resampling = IndexedResampling(network, 4)
    x, y = torch.randn(2, 4, 2 * k, 3 * k), torch.randn(2, 4, 2, 3)
    encoder, decoder = network(x)
    pooled, guidance = resampling.down(x)
    torch.testing.assert_close(pooled, F.avg_pool2d(x * encoder, k) * k * k)
    torch.testing.assert_close(resampling.up(y, guidance), F.interpolate(y, scale_factor=k) * decoder)


def test_a_shared_network_may_leave_the_width_open() -> None:
    resampling = IndexedResampling(create_index_network("o2o-shared", 4), None)
    for width in (3, 5):
        x = torch.randn(1, width, 4, 4)
        assert resampling.up(*resampling.down(x)).shape == x.shape


def test_a_depthwise_map_does_not_fit_another_width() -> None:
    resampling = IndexedResampling(create_index_network("o2o-shared", 4), None)
    _, guidance = resampling.down(torch.randn(1, 4, 4, 4))
    with pytest.raises(
        ShapeError, match=r"\(1, 4, 4, 2, 2\) do not fit the feature map to upsample \(1, 6, 2, 2\)"
    ):
        resampling.up(torch.randn(1, 6, 2, 2), guidance)


def test_both_maps_give_gradients_to_the_index_network() -> None:
    """Downsampling alone and upsampling alone each give a gradient to the same weights."""
    resampling = IndexedResampling(create_index_network("m2o", 4), 4)
    x, y = torch.randn(1, 4, 4, 4), torch.randn(1, 4, 2, 2)
    pooled, guidance = resampling.down(x)
    weight = resampling.network.block.conv.weight
    for result in (pooled, resampling.up(y, guidance)):
        (gradient,) = torch.autograd.grad(result.square().sum(), weight, retain_graph=True)
        assert gradient.abs().sum() > 0
