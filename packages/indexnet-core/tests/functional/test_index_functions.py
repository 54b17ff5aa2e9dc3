"""Section 3's unified view: every operator as an index function equals PyTorch's, in float64."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.errors import ShapeError
from indexnet_core.functional.index_functions import (
    apply_index,
    average_index,
    bilinear_index,
    deconvolution_index,
    max_index,
    nearest_index,
    pixel_shuffle_index,
    regions,
    shuffle_regions,
    transposed_padding,
    zero_stuffed_regions,
)
from indexnet_core.functional.indexed import indexed_pool

SIDES = [2, 3, 4]


def feature(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def close(got: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(got, wanted, rtol=0, atol=1e-12)


def by_region(index: Tensor, k: int) -> Tensor:
    """A (k, k) index function along the members of a region: (1, 1, k², 1, 1)."""
    return index.reshape(1, 1, k * k, 1, 1)


@pytest.mark.parametrize("k", SIDES)
def test_regions_are_row_major(k: int) -> None:
    x = feature(2, 3, 2 * k, 3 * k)
    got = regions(x, k)
    assert got.shape == (2, 3, k * k, 2, 3)
    for m in range(k):
        for n in range(k):
            assert torch.equal(got[:, :, k * m + n], x[:, :, m::k, n::k])


@pytest.mark.parametrize("k", SIDES)
def test_max_index_makes_max_pooling(k: int) -> None:
    """Eq. 1."""
    x = feature(2, 3, 4 * k, 5 * k)
    index = max_index(x, k)
    assert torch.equal(apply_index(regions(x, k), regions(index, k)), F.max_pool2d(x, k))
    assert torch.equal(indexed_pool(x, index, k), F.max_pool2d(x, k))


@pytest.mark.parametrize("k", SIDES)
def test_max_index_takes_the_first_of_equal_values_as_pytorch(k: int) -> None:
    x = torch.randint(0, 2, (2, 3, 4 * k, 5 * k)).double()
    pooled, where = F.max_pool2d(x, k, return_indices=True)
    wanted = torch.zeros_like(x).flatten(2).scatter(2, where.flatten(2), 1.0).view_as(x)
    assert torch.equal(max_index(x, k), wanted)
    assert torch.equal(indexed_pool(x, max_index(x, k), k), pooled)
    flat = torch.full((1, 1, k, k), 3.0)
    assert indexed_pool(flat, max_index(flat, k), k).item() == 3.0


@pytest.mark.parametrize("k", SIDES)
def test_max_index_makes_unpooling(k: int) -> None:
    x = feature(2, 3, 4 * k, 5 * k)
    pooled, where = F.max_pool2d(x, k, return_indices=True)
    spread = F.interpolate(pooled, scale_factor=k, mode="nearest")
    assert torch.equal(max_index(x, k) * spread, F.max_unpool2d(pooled, where, k))


def test_max_index_has_no_gradient() -> None:
    assert not max_index(feature(1, 1, 4, 4).requires_grad_()).requires_grad


@pytest.mark.parametrize("k", SIDES)
def test_average_index_makes_average_pooling(k: int) -> None:
    """Eq. 2, which is 1/k² for pooling."""
    x = feature(2, 3, 4 * k, 5 * k)
    index = average_index(k, torch.float64)
    close(apply_index(regions(x, k), by_region(index, k)), F.avg_pool2d(x, k))


@pytest.mark.parametrize("k", SIDES)
def test_nearest_index_makes_nearest_upsampling(k: int) -> None:
    """Eq. 2, which is 1 for upsampling: each point depends on one value alone."""
    y = feature(2, 3, 4, 5)
    members = y[:, :, None]
    index = nearest_index(k)
    got = torch.empty(2, 3, 4 * k, 5 * k, dtype=torch.float64)
    for m in range(k):
        for n in range(k):
            got[:, :, m::k, n::k] = apply_index(members, index[m, n])
    assert torch.equal(got, F.interpolate(y, scale_factor=k, mode="nearest"))


@pytest.mark.parametrize("size", [(4, 5), (1, 1), (1, 7)])
def test_bilinear_index_makes_bilinear_upsampling(size: tuple[int, int]) -> None:
    """Eq. 3 with the 4 × 4 kernel on the zero-stuffed map with replicated borders."""
    y = feature(2, 3, *size)
    windows = zero_stuffed_regions(y, 4, replicate=True)
    got = apply_index(windows, by_region(bilinear_index(torch.float64), 4))
    close(got, F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False))


@pytest.mark.parametrize(("k", "size"), [(2, 3), (2, 4), (3, 5), (4, 8)])
def test_bilinear_index_is_a_tent(k: int, size: int) -> None:
    """The convolution of two boxes of k values: k of them overlap in the middle of the odd one."""
    tent = [sum(1 / k for a in range(k) if 0 <= u - a < k) for u in range(2 * k - 1)]
    if size == 2 * k:
        # Shifted by half a step: the mean of both neighbours.
        tent = [(left + right) / 2 for left, right in zip([0, *tent], [*tent, 0])]
    kernel = bilinear_index(torch.float64, k, size)
    close(kernel, torch.outer(*[torch.tensor(tent, dtype=torch.float64)] * 2))
    assert kernel.sum().item() == pytest.approx(k * k)


@pytest.mark.parametrize("size", [2, 5])
def test_bilinear_upsampling_has_two_windows(size: int) -> None:
    with pytest.raises(
        ShapeError, match=f"the window of bilinear upsampling by 2 is 3 or 4 wide, got {size}"
    ):
        bilinear_index(size=size)


def test_bilinear_without_replicated_borders_differs_only_at_them() -> None:
    y = feature(1, 1, 4, 5)
    got = apply_index(zero_stuffed_regions(y, 4), by_region(bilinear_index(torch.float64), 4))
    wanted = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
    close(got[..., 1:-1, 1:-1], wanted[..., 1:-1, 1:-1])
    assert not torch.allclose(got, wanted)


def test_bilinear_index_has_mass_one_at_every_point() -> None:
    ones = torch.ones(1, 1, 3, 3, dtype=torch.float64)
    windows = zero_stuffed_regions(ones, 4, replicate=True)
    got = apply_index(windows, by_region(bilinear_index(torch.float64), 4))
    assert torch.equal(got, torch.ones(1, 1, 6, 6, dtype=torch.float64))


@pytest.mark.parametrize(("size", "k"), [(4, 2), (2, 2), (6, 2), (6, 3), (3, 3), (8, 4)])
@pytest.mark.parametrize(("wide_in", "wide_out"), [(1, 1), (3, 2), (2, 4)])
def test_deconvolution_index_makes_transposed_convolution(
    size: int, k: int, wide_in: int, wide_out: int
) -> None:
    """Eq. 3 with a learned W, summed over the input channels."""
    y, weight = feature(2, wide_in, 4, 5), feature(wide_in, wide_out, size, size)
    windows = zero_stuffed_regions(y, size, k).flatten(1, 2)
    index = deconvolution_index(weight)
    assert index.shape == (wide_out, wide_in * size * size)
    got = apply_index(windows[:, None], index[None, :, :, None, None])
    padding = transposed_padding(size, k)
    wanted = F.conv_transpose2d(y, weight, stride=k, padding=padding, output_padding=(size - k) % 2)
    assert wanted.shape == (2, wide_out, 4 * k, 5 * k)
    close(got, wanted)


def test_bilinear_is_a_special_case_of_deconvolution() -> None:
    """Section 3, away from the borders, where no replication is needed."""
    y = feature(2, 1, 4, 5)
    got = F.conv_transpose2d(y, bilinear_index(torch.float64)[None, None], stride=2, padding=1)
    wanted = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
    close(got[..., 1:-1, 1:-1], wanted[..., 1:-1, 1:-1])


@pytest.mark.parametrize("r", [2, 3])
def test_pixel_shuffle_index_makes_pixel_shuffle(r: int) -> None:
    """Eq. 4 with l = (m − 1)·r + n: the one-hot code of position (m, n) picks its channel."""
    z = feature(2, 3 * r * r, 4, 5)
    members, index = shuffle_regions(z, r), pixel_shuffle_index(r).double()
    got = torch.empty(2, 3, 4 * r, 5 * r, dtype=torch.float64)
    for m in range(r):
        for n in range(r):
            assert index[:, m, n].nonzero().item() == m * r + n
            got[:, :, m::r, n::r] = apply_index(members, by_region(index[:, m, n], r))
    assert torch.equal(got, F.pixel_shuffle(z, r))


def test_errors_name_the_numbers() -> None:
    with pytest.raises(ShapeError, match="divisible by 2, got 5x4"):
        regions(torch.zeros(1, 1, 5, 4))
    with pytest.raises(ShapeError, match="divisible by 3, got 4x6"):
        max_index(torch.zeros(1, 1, 4, 6), 3)
    with pytest.raises(ShapeError, match="multiple of k = 2, got 3"):
        zero_stuffed_regions(torch.zeros(1, 1, 4, 4), 3)
    with pytest.raises(ShapeError, match="pixel shuffle by 2 needs a multiple of 4 channels, got 6"):
        shuffle_regions(torch.zeros(1, 6, 4, 4))
