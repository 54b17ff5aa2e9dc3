"""Padding to a multiple and cropping back."""

import pytest
import torch
import torch.nn.functional as F

from indexnet_core.errors import ShapeError
from indexnet_core.functional.padding import check_divisible, crop_to, pad_to_multiple


@pytest.mark.parametrize(("height", "width"), [(33, 64), (64, 33), (721, 1280)])
def test_sides_that_do_not_divide_are_refused(height: int, width: int) -> None:
    message = f"^height and width must be divisible by 32, got {height}x{width}; pass pad=True$"
    with pytest.raises(ShapeError, match=message):
        check_divisible(height, width, 32)


def test_sides_that_divide_pass() -> None:
    check_divisible(64, 96, 32)


@pytest.mark.parametrize("size", [(8, 8), (9, 8), (8, 15), (13, 11)])
def test_padding_reflects_to_the_right_and_the_bottom(size: tuple[int, int]) -> None:
    x = torch.randn(2, 3, *size)
    padded = pad_to_multiple(x, 8)
    rows = [min(i, 2 * (size[0] - 1) - i) for i in range(padded.shape[2])]
    columns = [min(j, 2 * (size[1] - 1) - j) for j in range(padded.shape[3])]
    assert torch.equal(padded, x[:, :, rows][:, :, :, columns])
    assert padded.shape[2] % 8 == padded.shape[3] % 8 == 0
    assert padded.shape[2] - size[0] < 8
    assert padded.shape[3] - size[1] < 8
    assert torch.equal(crop_to(padded, size), x)


@pytest.mark.parametrize("size", [(1, 1), (3, 16), (16, 2)])
def test_where_reflection_cannot_reach_the_border_is_repeated(size: tuple[int, int]) -> None:
    x = torch.randn(1, 2, *size)
    padded = pad_to_multiple(x, 8)
    wanted = F.pad(x, (0, -size[1] % 8, 0, -size[0] % 8), mode="replicate")
    assert torch.equal(padded, wanted)


def test_a_short_side_does_not_change_the_other() -> None:
    x = torch.randn(1, 2, 2, 20)
    rows, columns = [0, 1, 1, 1, 1, 1, 1, 1], [*range(20), 18, 17, 16, 15]
    assert torch.equal(pad_to_multiple(x, 8), x[:, :, rows][:, :, :, columns])


def test_nothing_to_do_costs_nothing() -> None:
    x = torch.randn(1, 2, 16, 8)
    assert pad_to_multiple(x, 8) is x
