"""Block sizes: powers of two, aligned with memory, and small enough for many programs."""

from itertools import product

import pytest

from indexnet_core.fused.triton_tiles import CACHE_LINE, ENOUGH_PROGRAMS, choose_tile

SIZES = [1, 3, 5, 24, 32, 33, 100, 160, 1024, 25600]


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("holistic", [False, True])
def test_sides_are_powers_of_two_and_a_thread_holds_little(channels_last: bool, holistic: bool) -> None:
    for channels, regions, k, itemsize in product(SIZES, SIZES, (2, 3, 4, 7), (2, 4, 8)):
        tile = choose_tile(4, channels, regions, k, itemsize, channels_last=channels_last, holistic=holistic)
        assert all(side & (side - 1) == 0 and side > 0 for side in tile)
        assert tile.channels * tile.regions * k * k <= 128 * max(16, k * k)
        assert tile.channels < 2 * channels
        assert tile.regions < 2 * regions


@pytest.mark.parametrize("itemsize", [2, 4, 8])
def test_a_block_is_a_cache_line_wide_where_the_map_is(itemsize: int) -> None:
    line = CACHE_LINE // itemsize
    for size in (line, line + 1, 3 * line, 25600):
        assert choose_tile(1, size, 9, 2, itemsize, channels_last=True, holistic=False).channels >= line
        assert choose_tile(1, 9, size, 2, itemsize, channels_last=False, holistic=False).regions >= line


@pytest.mark.parametrize(
    ("channels", "wanted"),
    [(24, 32), (32, 32), (64, 64), (160, 32), (512, 512), (1024, 512)],  # 160 = 5·32 leaves no lane idle
)
def test_few_lanes_are_idle(channels: int, wanted: int) -> None:
    assert choose_tile(1, channels, 400, 2, 4, channels_last=True, holistic=False).channels == wanted


def test_shared_maps_are_cut_until_there_are_enough_programs() -> None:
    wide = choose_tile(16, 32, 25600, 2, 4, channels_last=False, holistic=True)
    narrow = choose_tile(16, 160, 100, 2, 4, channels_last=False, holistic=True)
    assert wide.regions == 256
    assert 16 * 25600 / wide.regions >= ENOUGH_PROGRAMS
    assert narrow == (32, 8)  # a row of 8 regions is 16 pixels, two sectors of memory
    assert choose_tile(1, 64, 4, 2, 4, channels_last=True, holistic=True) == (64, 1)
