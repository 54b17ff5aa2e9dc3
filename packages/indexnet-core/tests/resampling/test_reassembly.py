"""Reassembly by kernels, up and down, compared with loops over every product."""

import pytest
import torch
from torch import Tensor

from indexnet_core.errors import ShapeError
from indexnet_core.functional.indexed import indexed_pool
from indexnet_core.functional.multi_point import multi_point_upsample
from indexnet_core.resampling.reassembly import reassemble, reassemble_down


def ties(height: int, width: int, side: int, k: int):
    """All products of a kernel: value n of the window of region (i, j), point p of a region."""
    reach = side // 2
    for i in range(height):
        for j in range(width):
            for n in range(side * side):
                row, column = i + n // side - reach, j + n % side - reach
                if 0 <= row < height and 0 <= column < width:
                    for p in range(k * k):
                        yield i, j, n, p, row, column


def slow_up(y: Tensor, kernels: Tensor, side: int, k: int) -> Tensor:
    height, width = y.shape[2:]
    out = torch.zeros(*y.shape[:2], k * height, k * width, dtype=y.dtype)
    for i, j, n, p, row, column in ties(height, width, side, k):
        out[:, :, k * i + p // k, k * j + p % k] += kernels[:, n, p, i, j, None] * y[:, :, row, column]
    return out


def slow_down(x: Tensor, kernels: Tensor, side: int, k: int) -> Tensor:
    height, width = x.shape[2] // k, x.shape[3] // k
    out = torch.zeros(*x.shape[:2], height, width, dtype=x.dtype)
    for i, j, n, p, row, column in ties(height, width, side, k):
        out[:, :, i, j] += kernels[:, n, p, i, j, None] * x[:, :, k * row + p // k, k * column + p % k]
    return out


@pytest.mark.parametrize(("side", "k"), [(1, 2), (3, 2), (5, 2), (3, 3)])
def test_definition_product_by_product(side: int, k: int) -> None:
    y, x = torch.randn(2, 3, 4, 3), torch.randn(2, 3, 4 * k, 3 * k)
    kernels = torch.randn(2, side**2, k**2, 4, 3)
    torch.testing.assert_close(reassemble(y, kernels, k), slow_up(y, kernels, side, k))
    torch.testing.assert_close(reassemble_down(x, kernels, k), slow_down(x, kernels, side, k))


@pytest.mark.parametrize(("side", "k"), [(3, 2), (5, 2), (3, 3)])
def test_it_is_multi_point_upsampling_with_one_kernel_for_all_channels(side: int, k: int) -> None:
    """The holistic kernel has side·k × side·k indices; only the borders differ."""
    y, kernels = torch.randn(2, 3, 6, 7), torch.randn(2, side**2, k**2, 6, 7)
    # Neighbour n, from above to below, is reached by index (side − 1 − n)·k + p of the kernel.
    turned = kernels.unflatten(1, (side, side)).flip(1, 2).unflatten(3, (k, k))
    index = turned.permute(0, 1, 3, 2, 4, 5, 6).flatten(1, 4).unsqueeze(1)
    inner = slice(side // 2 * k, -(side // 2 * k))
    got, wanted = reassemble(y, kernels, k), multi_point_upsample(y, index, k)
    torch.testing.assert_close(got[..., inner, inner], wanted[..., inner, inner])


def test_a_window_of_one_is_nearest_upsampling_and_indexed_pooling() -> None:
    x, kernels = torch.randn(2, 3, 6, 8), torch.rand(2, 1, 4, 3, 4)
    index = torch.nn.functional.pixel_shuffle(kernels[:, 0], 2)
    torch.testing.assert_close(reassemble_down(x, kernels, 2), indexed_pool(x, index))
    y = torch.randn(2, 3, 3, 4)
    wanted = y.repeat_interleave(2, 2).repeat_interleave(2, 3) * index
    torch.testing.assert_close(reassemble(y, kernels, 2), wanted)


def test_gradients() -> None:
    y, x = (torch.randn(1, 2, *size, dtype=torch.double, requires_grad=True) for size in ((2, 3), (4, 6)))
    kernels = torch.randn(1, 9, 4, 2, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *pair: reassemble(*pair, 2), (y, kernels))
    assert torch.autograd.gradcheck(lambda *pair: reassemble_down(*pair, 2), (x, kernels))


def test_no_window_is_kept_for_the_gradient() -> None:
    """Unfolding would save side² copies of the map; views of a padded map and of the kernels suffice."""
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    y = torch.randn(1, 64, 16, 16, requires_grad=True)
    kernels = torch.randn(1, 25, 4, 16, 16, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        reassemble(y, kernels, 2)
    assert sum(kept.values()) <= 4 * (64 * 20 * 20 + 100 * 16 * 16) + 1024


@pytest.mark.parametrize(
    "shape",
    [(1, 9, 4, 2), (1, 8, 4, 2, 3), (1, 4, 4, 2, 3), (1, 9, 3, 2, 3), (2, 9, 4, 2, 3), (1, 9, 4, 3, 3)],
)
def test_kernels_that_do_not_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"kernels of shape .* do not fit 2x3 regions of 2x2"):
        reassemble(torch.zeros(1, 2, 2, 3), torch.zeros(shape), 2)
    with pytest.raises(ShapeError, match=r"kernels of shape .* do not fit 2x3 regions of 2x2"):
        reassemble_down(torch.zeros(1, 2, 4, 6), torch.zeros(shape), 2)
