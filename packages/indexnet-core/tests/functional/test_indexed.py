"""Indexed pooling and upsampling against PyTorch's operators; normalisation against literal formulas."""

import math
from typing import get_args

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck

from indexnet_core.errors import ShapeError, SpecError
from indexnet_core.functional.indexed import (
    ACTIVATIONS,
    Normalization,
    indexed_pool,
    indexed_upsample,
    normalize_index,
)

SIDES = [2, 3, 4]
NORMALIZATIONS = get_args(Normalization)


def maximum_mask(x: Tensor, k: int) -> Tensor:
    """One-hot map of the maxima that PyTorch's max pooling finds."""
    _, where = F.max_pool2d(x, k, return_indices=True)
    return torch.zeros_like(x).flatten(2).scatter(2, where.flatten(2), 1.0).view_as(x)


def region_sums(x: Tensor, k: int) -> Tensor:
    batch, channels, height, width = x.shape
    return x.view(batch, channels, height // k, k, width // k, k).sum((3, 5))


@pytest.mark.parametrize("k", SIDES)
def test_max_indices_make_max_pooling(k: int) -> None:
    x = torch.randn(2, 3, 4 * k, 5 * k)
    assert torch.equal(indexed_pool(x, maximum_mask(x, k), k), F.max_pool2d(x, k))


@pytest.mark.parametrize("k", SIDES)
def test_max_indices_make_max_pooling_on_ties(k: int) -> None:
    x = torch.randint(0, 2, (2, 3, 4 * k, 5 * k)).float()
    tied = (x.view(2, 3, 4, k, 5, k) == x.view(2, 3, 4, k, 5, k).amax((3, 5), keepdim=True)).sum((3, 5)) > 1
    assert tied.any()
    assert torch.equal(indexed_pool(x, maximum_mask(x, k), k), F.max_pool2d(x, k))


@pytest.mark.parametrize("k", SIDES)
def test_constant_indices_make_average_pooling(k: int) -> None:
    x = torch.randn(2, 3, 4 * k, 5 * k, dtype=torch.float64)
    index = torch.full_like(x, 1 / (k * k))
    torch.testing.assert_close(indexed_pool(x, index, k), F.avg_pool2d(x, k), rtol=0, atol=1e-14)


@pytest.mark.parametrize("k", SIDES)
@pytest.mark.parametrize("width", [1, 3])
def test_ones_make_nearest_upsampling(k: int, width: int) -> None:
    y = torch.randn(2, 3, 4, 5)
    index = torch.ones(2, width, 4 * k, 5 * k)
    wanted = F.interpolate(y, scale_factor=k, mode="nearest")
    assert torch.equal(indexed_upsample(y, index, k), wanted)


@pytest.mark.parametrize("k", SIDES)
@pytest.mark.parametrize("width", [1, 3])
def test_pool_is_the_weighted_sum_of_a_region(k: int, width: int) -> None:
    x = torch.randn(2, 3, 2 * k, 3 * k, dtype=torch.float64)
    index = torch.rand(2, width, 2 * k, 3 * k, dtype=torch.float64)
    wanted = torch.zeros(2, 3, 2, 3, dtype=torch.float64)
    for i in range(2 * k):
        for j in range(3 * k):
            wanted[:, :, i // k, j // k] += x[:, :, i, j] * index[:, :, i, j]
    torch.testing.assert_close(indexed_pool(x, index, k), wanted, rtol=0, atol=1e-13)


@pytest.mark.parametrize("k", SIDES)
@pytest.mark.parametrize("width", [1, 3])
def test_upsample_repeats_and_weights(k: int, width: int) -> None:
    y = torch.randn(2, 3, 2, 3, dtype=torch.float64)
    index = torch.rand(2, width, 2 * k, 3 * k, dtype=torch.float64)
    wanted = torch.kron(y, torch.ones(k, k, dtype=torch.float64)) * index
    assert torch.equal(indexed_upsample(y, index, k), wanted)


def test_pool_undoes_upsample_with_normalised_indices() -> None:
    """If Σ I = 1 in a region, a sum over the region reverses IU."""
    y = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    index = normalize_index(torch.randn(2, 12, 4, 5, dtype=torch.float64))[0]
    spread = indexed_upsample(y, index)
    torch.testing.assert_close(region_sums(spread, 2), y, rtol=0, atol=1e-13)


@pytest.mark.parametrize("width", [1, 2])
def test_gradients_of_pool(width: int) -> None:
    x = torch.randn(2, 2, 4, 6, dtype=torch.float64, requires_grad=True)
    index = torch.rand(2, width, 4, 6, dtype=torch.float64, requires_grad=True)
    assert gradcheck(indexed_pool, (x, index))


@pytest.mark.parametrize("width", [1, 2])
def test_gradients_of_upsample(width: int) -> None:
    y = torch.randn(2, 2, 2, 3, dtype=torch.float64, requires_grad=True)
    index = torch.rand(2, width, 6, 9, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda a, b: indexed_upsample(a, b, 3), (y, index))


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_gradients_of_normalization(normalization: Normalization, k: int) -> None:
    logits = torch.randn(1, 2 * k * k, 2, 1, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda z: tuple(normalize_index(z, normalization, k)), (logits,))


def literal_shuffle(z: Tensor, k: int) -> Tensor:
    """Channel k²·c + k·m + n of position (i, j) goes to channel c at (k·i + m, k·j + n)."""
    batch, channels, height, width = z.shape
    out = z.new_empty(batch, channels // (k * k), k * height, k * width)
    for c in range(channels // (k * k)):
        for m in range(k):
            for n in range(k):
                out[:, c, m::k, n::k] = z[:, k * k * c + k * m + n]
    return out


def literal_sigmoid(z: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-z))


def literal_softmax(full: Tensor, k: int) -> Tensor:
    """Softmax over each k × k region of a map at full resolution."""
    exponential = torch.exp(full)
    return exponential / torch.kron(region_sums(exponential, k), full.new_ones(k, k))


@pytest.mark.parametrize("k", SIDES)
@pytest.mark.parametrize("channels", [1, 3])
def test_normalizations_are_the_literal_formulas(channels: int, k: int) -> None:
    logits = torch.randn(2, channels * k * k, 3, 2, dtype=torch.float64)
    z = literal_shuffle(logits, k)
    wanted = {
        "sigmoid+softmax": (literal_softmax(literal_sigmoid(z), k), literal_sigmoid(z)),
        "sigmoid": (literal_sigmoid(z), literal_sigmoid(z)),
        "softmax": (literal_softmax(z, k), literal_softmax(z, k)),
        "softmax+sigmoid": (literal_sigmoid(literal_softmax(z, k)), literal_softmax(z, k)),
    }
    assert set(wanted) == set(NORMALIZATIONS)
    for normalization in NORMALIZATIONS:
        maps = normalize_index(logits, normalization, k)
        torch.testing.assert_close(tuple(maps), wanted[normalization], rtol=0, atol=1e-14)


@pytest.mark.parametrize("k", SIDES)
@pytest.mark.parametrize("normalization", ["sigmoid+softmax", "softmax"])
def test_encoder_map_sums_to_one_where_softmax_is_last(normalization: Normalization, k: int) -> None:
    logits = 5 * torch.randn(2, 3 * k * k, 3, 2, dtype=torch.float64)
    encoder, _ = normalize_index(logits, normalization, k)
    sums = region_sums(encoder, k)
    torch.testing.assert_close(sums, torch.ones_like(sums), rtol=0, atol=1e-14)


def test_paper_normalization_keeps_encoder_indices_in_a_narrow_band() -> None:
    """Softmax of a sigmoid: between 1/(1 + 3e) = 0.109 and e/(e + 3) = 0.475 for k = 2."""
    logits = torch.tensor([60.0, -60.0]).repeat(4, 1).T.flatten()  # four high, four low
    corners = logits.view(1, 8, 1, 1).clone()
    corners[0, 0], corners[0, 4] = -60.0, 60.0  # the one low among high, the one high among low
    encoder, _ = normalize_index(corners)
    low, high = encoder.min().item(), encoder.max().item()
    assert (round(low, 3), round(high, 3)) == (0.109, 0.475)
    assert low == pytest.approx(1 / (1 + 3 * math.e))
    assert high == pytest.approx(math.e / (math.e + 3))
    ordinary = normalize_index(10 * torch.randn(4, 32, 8, 8))[0]
    assert low <= ordinary.min()
    assert ordinary.max() <= high


@pytest.mark.parametrize(
    ("x", "index", "k", "message"),
    [
        (
            (1, 2, 5, 4),
            (1, 2, 5, 4),
            2,
            "height and width must be divisible by 2, got 5x4; see pad_to_multiple",
        ),
        (
            (1, 2, 6, 8),
            (1, 2, 6, 8),
            3,
            "height and width must be divisible by 3, got 6x8; see pad_to_multiple",
        ),
        ((1, 4, 4, 4), (1, 2, 4, 4), 2, r"\(1, 2, 4, 4\) does not fit the feature map \(1, 4, 4, 4\)"),
        ((1, 4, 4, 4), (1, 4, 2, 4), 2, r"\(1, 4, 2, 4\) does not fit the feature map"),
        ((2, 4, 4, 4), (3, 4, 4, 4), 2, r"\(3, 4, 4, 4\) does not fit the feature map"),
        ((1, 4, 4, 4), (4, 4, 4), 2, r"\(4, 4, 4\) does not fit the feature map"),
        ((1, 4, 4, 4), (1, 4, 4, 4), 1, "must be at least 2, got 1"),
    ],
)
def test_pool_refuses(x: tuple[int, ...], index: tuple[int, ...], k: int, message: str) -> None:
    with pytest.raises(ShapeError, match=message) as caught:
        indexed_pool(torch.zeros(x), torch.zeros(index), k)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("index", "k", "message"),
    [
        ((1, 4, 6, 6), 3, r"\(1, 4, 6, 6\) does not fit the upsampled feature map \(1, 4, 9, 9\)"),
        ((1, 2, 6, 6), 2, r"expected \(B, 4, H, W\), or \(B, 1, H, W\) when holistic"),
        ((1, 4, 3, 3), 1, "must be at least 2, got 1"),
    ],
)
def test_upsample_refuses(index: tuple[int, ...], k: int, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        indexed_upsample(torch.zeros(1, 4, 3, 3), torch.zeros(index), k)


def test_normalization_refuses() -> None:
    with pytest.raises(ShapeError, match="multiple of k² = 4 channels, got 6"):
        normalize_index(torch.zeros(1, 6, 2, 2))
    with pytest.raises(ShapeError, match="multiple of k² = 9 channels, got 8"):
        normalize_index(torch.zeros(1, 8, 2, 2), k=3)
    with pytest.raises(SpecError, match=r"unknown index normalization 'softmin'; choose one of .*'softmax'"):
        normalize_index(torch.zeros(1, 4, 2, 2), "softmin")  # type: ignore[arg-type]


def test_every_word_of_a_normalization_has_a_function() -> None:
    assert {word for name in NORMALIZATIONS for word in name.split("+")} == ACTIVATIONS.keys()
