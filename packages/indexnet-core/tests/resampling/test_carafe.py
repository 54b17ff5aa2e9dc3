"""CARAFE against its formulas, value by value."""

import pytest
import torch
import torch.nn.functional as F

from indexnet_core import create_resampling
from indexnet_core.analysis.complexity import Complexity, measure_complexity
from indexnet_core.resampling import Guidance
from indexnet_core.resampling.carafe import Carafe


def loud(channels: int, k: int = 2) -> Carafe:
    """CARAFE with kernels that are far from uniform."""
    layer = Carafe(channels, k)
    torch.nn.init.normal_(layer.encode.weight, std=0.3)
    torch.nn.init.normal_(layer.encode.bias)
    return layer


@pytest.mark.parametrize("k", [2, 3])
def test_formula_by_loops(k: int) -> None:
    layer, y = loud(3, k), torch.randn(2, 3, 4, 3)
    scores = F.conv2d(F.conv2d(y, layer.compress.weight, layer.compress.bias), layer.encode.weight, padding=1)
    scores = F.pixel_shuffle(scores + layer.encode.bias.view(-1, 1, 1), k)  # (B, 25, kh, kw)
    out = torch.zeros(2, 3, 4 * k, 3 * k)
    for row in range(4 * k):
        for column in range(3 * k):
            weights = scores[:, :, row, column].exp()
            weights = weights / weights.sum(1, keepdim=True)
            for n in range(5):
                for m in range(5):
                    i, j = row // k + n - 2, column // k + m - 2
                    if 0 <= i < 4 and 0 <= j < 3:
                        out[:, :, row, column] += weights[:, 5 * n + m, None] * y[:, :, i, j]
    torch.testing.assert_close(layer(y), out)


@pytest.mark.parametrize("channels", [3, 64, 256])
def test_parameters_and_multiply_accumulates(channels: int) -> None:
    cost = measure_complexity(Carafe(channels), torch.zeros(1, channels, 6, 5))
    assert cost == Complexity(64 * channels + 57_764, (64 * channels + 57_600) * 30)
    assert measure_complexity(Carafe(256), torch.zeros(1, 256, 1, 1)).parameters == 74_148


def test_it_starts_near_the_mean_of_the_window() -> None:
    y = torch.rand(1, 8, 7, 7)
    mean = F.avg_pool2d(y, 5, 1, 2).repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(Carafe(8)(y), mean, rtol=0, atol=0.02)


def test_a_constant_map_stays_constant_inside() -> None:
    up = loud(4)(torch.full((1, 4, 6, 6), 3.0))
    torch.testing.assert_close(up[..., 4:-4, 4:-4], torch.full((1, 4, 4, 4), 3.0))


def test_gradients() -> None:
    layer = loud(2).double()
    assert torch.autograd.gradcheck(layer, torch.randn(1, 2, 2, 3, dtype=torch.double, requires_grad=True))


@pytest.mark.parametrize("down", ["max", "avg", "stride"])
def test_as_an_operator_it_has_the_decoders_width(down: str) -> None:
    resampling = create_resampling(f"{down}+carafe", 6, 10)
    keys = ["compress.weight", "compress.bias", "encode.weight", "encode.bias"]
    assert list(resampling.state_dict()) == [f"layer.{key}" for key in keys]
    y = torch.randn(1, 10, 3, 4)
    assert torch.equal(resampling.up(y, Guidance((6, 8))), resampling.layer(y))
