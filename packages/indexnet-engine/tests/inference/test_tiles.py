"""Grids of tiles: sizes, overlaps, and what they cost."""

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_engine.inference.tiles import (
    blend_of,
    check_tiling,
    overlap_for,
    spans,
    square_tiles,
    tiles_within,
)
from indexnet_engine.inference.tiling import assembled, predict_parts, source_of


@pytest.mark.parametrize("reach", [0, 1, 2, 3, 4, 5, 6, 7, 17, 20, 33])
@pytest.mark.parametrize("multiple", [1, 8])
def test_the_overlap_for_a_reach_is_enough(reach: int, multiple: int) -> None:
    def mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2 * reach + 1, 1, reach, count_include_pad=False)

    image = torch.rand(1, 1, 16, 400, dtype=torch.float64)
    for overlap in (overlap_for(reach, multiple), overlap_for(reach + 3, multiple)):
        tiles = square_tiles((16, 400), overlap + 16, overlap, multiple, blend_of(overlap, reach))
        tiled = assembled(predict_parts(mean, source_of(image), tiles), (16, 400))
        torch.testing.assert_close(tiled, mean(image).float())


def test_overlaps_of_reaches() -> None:
    assert [overlap_for(71, 8), overlap_for(88, 8), overlap_for(17)] == [144, 176, 34]


def test_tiles_fade_over_what_the_reach_leaves() -> None:
    assert [blend_of(128), blend_of(128, 64), blend_of(128, 60), blend_of(128, 10)] == [16, 1, 8, 16]
    assert blend_of(128, 65) == blend_of(128)  # no context is enough: as if the reach were unknown
    assert blend_of(0, 0) == blend_of(0) == 1


@pytest.mark.parametrize("size", [(4000, 6000), (481, 321), (100, 5000), (5000, 100), (9, 9)])
@pytest.mark.parametrize("pixels", [2e4, 1e5, 1.5e6])
def test_tiles_within_a_number_of_pixels(size: tuple[int, int], pixels: float) -> None:
    tiles = tiles_within(size, pixels, 56, 8)
    assert tiles is not None
    for axis, side in zip((tiles.rows, tiles.columns), size):
        assert (axis[0].start, axis[-1].stop) == (0, -(-side // 8) * 8)
        assert all(before.stop - after.start == 56 for before, after in pairwise(axis))
        assert all(span.start % 8 == span.stop % 8 == 0 for span in axis)
        assert len(axis) == 1 or min(span.stop - span.start for span in axis) > 56
    assert tiles.size[0] * tiles.size[1] <= pixels
    assert (tiles.number == 1) == (axis_product(size) <= pixels)


def axis_product(size: tuple[int, int]) -> int:
    return (-(-size[0] // 8) * 8) * (-(-size[1] // 8) * 8)


def test_no_square_tiles_of_as_many_pixels_overlap_less() -> None:
    for pixels in (3e5, 1e6, 2e6):
        side = int(pixels**0.5) // 8 * 8
        chosen, square = tiles_within((4000, 6000), pixels, 128, 8), square_tiles((4000, 6000), side, 128, 8)
        assert chosen is not None
        assert chosen.pixels <= square.pixels
    assert chosen.pixels == sum(
        (rows.stop - rows.start) * (columns.stop - columns.start)
        for rows in chosen.rows
        for columns in chosen.columns
    )


def test_too_few_pixels_for_a_tile() -> None:
    assert tiles_within((100, 100), 64 * 64, 64, 8) is None
    assert tiles_within((100, 100), 72 * 72, 64, 8) is not None
    assert tiles_within((40, 1000), 40 * 72, 64, 8) is not None  # one row of tiles


@pytest.mark.parametrize("length", [1, 63, 64, 65, 112, 113, 1000])
def test_spans_cover_the_length_without_a_superfluous_tile(length: int) -> None:
    found = spans(length, 64, 16)
    assert found[0].start == 0
    assert found[-1].stop == length
    assert all(before.stop - after.start == 16 for before, after in pairwise(found))
    assert all(span.stop - span.start > 16 for span in found[1:])


def test_numbers_can_be_checked_before_there_is_an_image() -> None:
    check_tiling(64, 63)
    check_tiling(16, 8, multiple=8)
    with pytest.raises(UserError, match="tile must be larger than the overlap, got 16 and 16 pixels"):
        check_tiling(16, 9, multiple=8)
