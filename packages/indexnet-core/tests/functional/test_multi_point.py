"""Multi-point indexed upsampling: the general rule over the zero-stuffed map, and special cases."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.errors import ShapeError
from indexnet_core.functional.index_functions import bilinear_index
from indexnet_core.functional.indexed import indexed_upsample
from indexnet_core.functional.multi_point import multi_point_upsample, own_indices, own_positions

SIZES = [(2, 2), (2, 3), (2, 4), (3, 3), (3, 5), (3, 6)]
"""Factor k and side s of a kernel."""


def slow(y: Tensor, index: Tensor, k: int, size: int) -> Tensor:
    """Zero stuffing and a window around every point, one product at a time."""
    batch, channels, height, width = y.shape
    padding = -(-(size - k) // 2)
    far = size  # values of border beyond each side
    stuffed = torch.zeros(batch, channels, k * (height + 2 * far), k * (width + 2 * far), dtype=y.dtype)
    for i in range(-far, height + far):
        for j in range(-far, width + far):
            value = y[:, :, min(max(i, 0), height - 1), min(max(j, 0), width - 1)]
            stuffed[:, :, k * (i + far), k * (j + far)] = value
    out = torch.zeros(batch, channels, k * height, k * width, dtype=y.dtype)
    for row in range(k * height):
        for column in range(k * width):
            for u in range(size):
                for v in range(size):
                    seen = stuffed[:, :, row + padding - u + k * far, column + padding - v + k * far]
                    kernel = index[:, :, u * size + v, row // k, column // k]
                    out[:, :, row, column] += kernel * seen
    return out


@pytest.mark.parametrize("maps", [1, 2], ids=["holistic", "depthwise"])
@pytest.mark.parametrize(("k", "size"), SIZES)
def test_definition_point_by_point(k: int, size: int, maps: int) -> None:
    y, index = torch.randn(2, 2, 3, 2), torch.rand(2, maps, size**2, 3, 2)
    torch.testing.assert_close(multi_point_upsample(y, index, k), slow(y, index, k, size))


@pytest.mark.parametrize("maps", [1, 3], ids=["holistic", "depthwise"])
@pytest.mark.parametrize("k", [2, 3])
def test_one_source_a_point_is_indexed_upsampling(k: int, maps: int) -> None:
    y, kernels = torch.randn(2, 3, 4, 5), torch.rand(2, maps, k * k, 4, 5)
    index = F.pixel_shuffle(kernels.flatten(1, 2), k)
    assert torch.equal(multi_point_upsample(y, kernels, k), indexed_upsample(y, index, k))


@pytest.mark.parametrize("k", [2, 3])
def test_neighbours_without_weight_leave_indexed_upsampling(k: int) -> None:
    size = 2 * k - 1
    y, kernels = torch.randn(2, 3, 4, 5), torch.zeros(2, 3, size**2, 4, 5)
    own = own_positions(size, k)
    kernels[:, :, own] = torch.rand(2, 3, k * k, 4, 5)
    index = F.pixel_shuffle(kernels[:, :, own].flatten(1, 2), k)
    assert torch.equal(multi_point_upsample(y, kernels, k), indexed_upsample(y, index, k))


@pytest.mark.parametrize(("k", "size"), SIZES)
def test_own_indices_are_those_at_own_positions(k: int, size: int) -> None:
    kernels = torch.rand(2, 3, size**2, 4, 5)
    assert torch.equal(own_indices(kernels, k, dim=2), kernels[:, :, own_positions(size, k)])


def constant(y: Tensor, k: int, size: int) -> Tensor:
    kernel = bilinear_index(y.dtype, k, size).flatten()
    return multi_point_upsample(y, kernel.view(1, 1, -1, 1, 1).expand(1, 1, -1, *y.shape[2:]), k)


def test_the_odd_kernel_is_bilinear_with_aligned_corners() -> None:
    """[½, 1, ½] ⊗ [½, 1, ½], to the bit: sums of quarters of whole numbers are exact."""
    y = torch.randint(-99, 99, (2, 3, 5, 6)).double()
    up = constant(y, 2, 3)
    wanted = F.interpolate(y, size=(9, 11), mode="bilinear", align_corners=True)
    torch.testing.assert_close(up[..., :9, :11], wanted, rtol=0, atol=1e-12)
    halves = torch.stack([y, (y + torch.cat([y[..., 1:], y[..., -1:]], 3)) / 2], 4).flatten(3)
    below = torch.cat([halves[:, :, 1:], halves[:, :, -1:]], 2)
    assert torch.equal(up, torch.stack([halves, (halves + below) / 2], 3).flatten(2, 3))


def test_the_even_kernel_is_bilinear_with_replicated_borders() -> None:
    y = torch.randint(-99, 99, (2, 3, 5, 6)).double()
    wanted = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
    assert torch.equal(constant(y, 2, 4), wanted)


@pytest.mark.parametrize(("k", "size"), [(3, 5), (4, 8), (5, 9)])
def test_bilinear_by_other_factors(k: int, size: int) -> None:
    y = torch.randn(1, 2, 4, 3, dtype=torch.double)
    wanted = F.interpolate(y, scale_factor=k, mode="bilinear", align_corners=False)
    torch.testing.assert_close(constant(y, k, size), wanted)


def test_no_odd_kernel_of_three_is_bilinear_without_aligned_corners() -> None:
    """With an odd kernel, even points have one source; bilinear interpolation needs four."""
    y = torch.zeros(1, 1, 3, 3)
    y[..., 0, 0] = 1.0
    kernels = torch.rand(1, 1, 9, 3, 3)
    assert multi_point_upsample(y, kernels)[0, 0, 2, 2] == 0
    assert F.interpolate(y, scale_factor=2, mode="bilinear")[0, 0, 2, 2] > 0


@pytest.mark.parametrize(("k", "size"), SIZES)
def test_the_same_kernel_everywhere_is_a_transposed_convolution(k: int, size: int) -> None:
    """Away from the borders, which it pads by zeros."""
    y, kernel = torch.randn(1, 1, 6, 7), torch.rand(size, size)
    up = multi_point_upsample(y, kernel.flatten().view(1, 1, -1, 1, 1).expand(1, 1, -1, 6, 7), k)
    padding = -(-(size - k) // 2)
    wanted = F.conv_transpose2d(
        y, kernel[None, None], stride=k, padding=padding, output_padding=(size - k) % 2
    )
    torch.testing.assert_close(up[..., k:-k, k:-k], wanted[..., k:-k, k:-k])


@pytest.mark.parametrize("maps", [1, 2])
def test_gradients(maps: int) -> None:
    y = torch.randn(1, 2, 2, 3, dtype=torch.double, requires_grad=True)
    index = torch.rand(1, maps, 9, 2, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(multi_point_upsample, (y, index))


@pytest.mark.parametrize(
    "shape",
    [(1, 2, 9, 3), (1, 2, 8, 3, 4), (1, 3, 9, 3, 4), (2, 2, 9, 3, 4), (1, 2, 1, 3, 4), (1, 2, 9, 4, 4)],
)
def test_kernels_that_do_not_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ShapeError, match=r"index kernels of shape .* do not fit the feature map \(1, 2, 3, 4\)"
    ):
        multi_point_upsample(torch.zeros(1, 2, 3, 4), torch.zeros(shape))


def test_a_region_has_a_side_of_at_least_two() -> None:
    with pytest.raises(ShapeError, match="side k of a local region must be at least 2, got 1"):
        multi_point_upsample(torch.zeros(1, 2, 3, 4), torch.zeros(1, 2, 9, 3, 4), 1)
