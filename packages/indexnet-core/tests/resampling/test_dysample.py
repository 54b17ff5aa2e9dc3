"""DySample against its formula, point by point."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core import create_resampling
from indexnet_core.analysis.complexity import Complexity, measure_complexity
from indexnet_core.resampling import Guidance
from indexnet_core.resampling.dysample import DySample


def loud(channels: int, k: int = 2) -> DySample:
    """DySample with offsets of several pixels."""
    layer = DySample(channels, k)
    torch.nn.init.normal_(layer.offset.weight, std=2.0)
    torch.nn.init.normal_(layer.offset.bias, std=2.0)
    return layer


def read(plane: Tensor, row: float, column: float) -> float:
    """Bilinear interpolation between pixel centres; beyond the border, the border."""
    row = min(max(row, 0.0), plane.shape[0] - 1.0)
    column = min(max(column, 0.0), plane.shape[1] - 1.0)
    value = 0.0
    for i in range(plane.shape[0]):
        for j in range(plane.shape[1]):
            value += max(0.0, 1 - abs(row - i)) * max(0.0, 1 - abs(column - j)) * plane[i, j].item()
    return value


@pytest.mark.parametrize("k", [2, 3])
def test_formula_by_loops(k: int) -> None:
    layer, y = loud(8, k).double(), torch.randn(1, 8, 4, 3, dtype=torch.double)
    offsets = layer.offset(y).view(2, 4, k, k, 4, 3).tolist()  # x or y, group, point of the region, region
    out = torch.zeros(1, 8, 4 * k, 3 * k, dtype=torch.double)
    for channel in range(8):
        right, below = offsets[0][channel // 2], offsets[1][channel // 2]
        for row in range(4 * k):
            for column in range(3 * k):
                i, j, a, b = row // k, column // k, row % k, column % k
                at_row = (row + 0.5) / k - 0.5 + 0.25 * below[a][b][i][j]
                at_column = (column + 0.5) / k - 0.5 + 0.25 * right[a][b][i][j]
                out[0, channel, row, column] = read(y[0, channel], at_row, at_column)
    torch.testing.assert_close(layer(y), out)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_without_offsets_it_is_bilinear(k: int) -> None:
    layer, y = DySample(8, k), torch.randn(2, 8, 5, 4)
    wanted = F.interpolate(y, scale_factor=k, mode="bilinear", align_corners=False)
    torch.testing.assert_close(layer(y), wanted, rtol=0, atol=0.05)
    torch.nn.init.zeros_(layer.offset.weight)
    torch.testing.assert_close(layer(y), wanted)


@pytest.mark.parametrize(("channels", "groups"), [(64, 4), (6, 2), (5, 1), (4, 4)])
def test_parameters_and_multiply_accumulates(channels: int, groups: int) -> None:
    layer = DySample(channels)
    assert layer.groups == groups == math.gcd(channels, 4)
    weights = 2 * groups * 4 * channels
    cost = measure_complexity(layer, torch.zeros(1, channels, 6, 5))
    assert cost == Complexity(weights + 2 * groups * 4, weights * 30)


def test_gradients() -> None:
    # Finite differences would be wrong where a position crosses a pixel's centre; small offsets avoid that.
    layer = DySample(4).double()
    assert torch.autograd.gradcheck(layer, torch.randn(1, 4, 2, 3, dtype=torch.double, requires_grad=True))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_does_not_move_the_positions(dtype: torch.dtype) -> None:
    """On a ramp of width 700, coordinates of eight bits would be wrong by more than a pixel."""
    layer = DySample(1).to(dtype)
    torch.nn.init.zeros_(layer.offset.weight)
    ramp = (torch.arange(700.0) % 8).expand(1, 1, 2, 700)
    wanted = F.interpolate(ramp, scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(layer(ramp.to(dtype)).float(), wanted, rtol=0, atol=0.02)


@pytest.mark.parametrize("down", ["max", "avg", "stride"])
def test_as_an_operator_it_has_the_decoders_width(down: str) -> None:
    resampling = create_resampling(f"{down}+dysample", 6, 8)
    assert list(resampling.state_dict()) == ["layer.offset.weight", "layer.offset.bias"]
    y = torch.randn(1, 8, 3, 4)
    assert torch.equal(resampling.up(y, Guidance((6, 8))), resampling.layer(y))
