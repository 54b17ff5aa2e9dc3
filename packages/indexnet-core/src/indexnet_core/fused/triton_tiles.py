"""Choose the block of a map that one program of a fused kernel processes."""

from typing import NamedTuple

__all__ = ["Tile", "choose_tile"]

WARPS = 4
LANES = 32
CACHE_LINE = 128
"""Bytes of one memory transaction of a GPU: a block is at least this wide in memory if the map is."""
ENOUGH_PROGRAMS = 1024
"""Programs that keep every multiprocessor of a large GPU busy: about eight for each."""


class Tile(NamedTuple):
    """A block of channels × k × k regions; both sides are powers of two."""

    channels: int
    regions: int


def choose_tile(
    batch: int, channels: int, regions: int, k: int, itemsize: int, *, channels_last: bool, holistic: bool
) -> Tile:
    """Choose a block by the order of memory.

    A thread holds enough regions for accesses of 16 bytes: each region has k neighbours along the columns and
    one along the channels. With more than one region, a thread holds at most 16 values of one map, so that
    two maps, their indices and their gradients stay in registers.

    If all channels share a map, a program loops over all channels, and its block covers fewer regions until
    there are enough programs.

    Args:
        batch, channels, regions: size of the map; regions is h·w.
        k: side of a region.
        itemsize: bytes of a value of the feature map.
        channels_last: whether channels are neighbours in memory.
        holistic: whether all channels share one map.
    """
    along = 1 if channels_last else k
    held = max(1, min(16 // (along * itemsize), 16 // (k * k)))
    size = WARPS * LANES * _power_of_two(held)
    line = CACHE_LINE // itemsize
    if channels_last:
        c = _fit(channels, line, size)
        s = min(_at_least(regions), size // c)
    else:
        s = _fit(regions, line, size)
        c = min(_at_least(channels), size // s)
    if holistic:
        least = 1 if channels_last else 8
        while s > least and batch * -(-regions // s) < ENOUGH_PROGRAMS:
            s //= 2
        c = min(_at_least(channels), size // s)
    return Tile(c, s)


def _fit(length: int, least: int, most: int) -> int:
    """The power of two from least to most that leaves the fewest lanes idle; the largest in a tie."""
    width = min(_at_least(length), most)
    candidates = [width]
    while width > least:
        width //= 2
        candidates.append(width)
    return min(candidates, key=lambda block: -(-length // block) * block)


def _at_least(length: int) -> int:
    """The smallest power of two that is not less than length."""
    return 1 << max(0, length - 1).bit_length()


def _power_of_two(number: int) -> int:
    """The largest power of two that is not more than number."""
    return 1 << (number.bit_length() - 1)
