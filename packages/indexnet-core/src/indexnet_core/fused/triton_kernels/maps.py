"""Blocks of feature maps and logits: the place of a program, offsets, loads and stores."""

import triton
import triton.language as tl

__all__ = [
    "image",
    "load",
    "load_logits",
    "load_regions",
    "place",
    "store",
    "store_logits",
    "store_regions",
    "sum_channels",
]


@triton.jit
def place(
    channels, regions, HOLISTIC: tl.constexpr, JOINED: tl.constexpr, OFFSET: tl.constexpr,
    ALIGN_S: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_S: tl.constexpr,
):  # fmt: skip
    """This program's image, first channel, end of its channels, regions, pixels, and the mask of valid ones.

    Regions count along the rows of regions, pixels (`JOINED` for each region) along rows of pixels.
    """
    program = tl.program_id(0)
    blocks = tl.cdiv(regions, BLOCK_S)
    s0 = (program % blocks).to(OFFSET) * BLOCK_S
    program //= blocks
    start = 0
    end = channels
    if not HOLISTIC:
        blocks_c = tl.cdiv(channels, BLOCK_C)
        start = program % blocks_c * BLOCK_C
        end = tl.minimum(start + BLOCK_C, channels)
        program //= blocks_c
    s = s0 + tl.arange(0, BLOCK_S).to(OFFSET)[None, :]
    u = s0 * JOINED + tl.arange(0, BLOCK_S * JOINED).to(OFFSET)[None, :]
    last = tl.cast(regions // ALIGN_S * ALIGN_S, OFFSET)
    return program.to(tl.int64), start, end, s, u, s < last, u < last * JOINED


@triton.jit
def image(pointer, strides, b, ALIGN_C: tl.constexpr, ALIGN_S: tl.constexpr):
    """The pointer to image b of a map, and the strides as explicit multiples of their common divisor.

    Triton itself detects only multiples of 16. Channels (`ALIGN_C` > 1) or columns (`ALIGN_S` > 1) are
    adjacent, and their stride is 1.
    """
    aligned = ()
    for d in tl.static_range(len(strides)):
        if (ALIGN_C > 1 and d != len(strides) - 3) or (ALIGN_S > 1 and d != len(strides) - 1):
            aligned += (strides[d] // (ALIGN_C * ALIGN_S) * (ALIGN_C * ALIGN_S),)
        else:
            aligned += (strides[d],)
    return pointer + b * aligned[0], aligned


@triton.jit
def _offsets(c_stride, h_stride, w_stride, c, s, width):
    """Offsets of channel c of region s in a map with one value per region.

    A width of None stands for rows that follow each other without gaps.
    """
    within = s * w_stride if width is None else s // width * h_stride + s % width * w_stride
    return c * c_stride + within


@triton.jit
def _pixel_offsets(strides, c, u, row, K: tl.constexpr, JOINED: tl.constexpr):
    """Offsets of the lanes u, ``row`` of them per row of regions, in a map with k × k values per region;
    strides (B, C, H, W).
    """
    return c * strides[1] + u // row * K * strides[2] + u % row * (K // JOINED) * strides[3]


@triton.jit
def load(source, strides, c, s, inside, width, REAL: tl.constexpr):
    """One value per region."""
    return tl.load(source + _offsets(strides[1], strides[2], strides[3], c, s, width), inside, 0).to(REAL)


@triton.jit
def store(target, strides, c, s, inside, width, value):
    """One value per region."""
    tl.store(target + _offsets(strides[1], strides[2], strides[3], c, s, width), value, inside)


@triton.jit
def load_regions(
    source, strides, c, u, inside, row, K: tl.constexpr, JOINED: tl.constexpr, REAL: tl.constexpr
):
    """The k² values of each region, a tuple of blocks."""
    first = source + _pixel_offsets(strides, c, u, row, K, JOINED)
    values = ()
    for m in tl.static_range(K):
        if JOINED == 2:
            pairs = tl.load(first + m * strides[2], inside, 0).to(REAL)
            left, right = tl.split(tl.reshape(pairs, (pairs.shape[0], pairs.shape[1] // 2, 2)))
            values += (left, right)
        else:
            for n in tl.static_range(K):
                values += (tl.load(first + (m * strides[2] + n * strides[3]), inside, 0).to(REAL),)
    return values


@triton.jit
def store_regions(target, strides, c, u, inside, row, values, K: tl.constexpr, JOINED: tl.constexpr):
    """The k² values of each region, from a tuple of blocks."""
    first = target + _pixel_offsets(strides, c, u, row, K, JOINED)
    for m in tl.static_range(K):
        if JOINED == 2:
            tl.store(first + m * strides[2], tl.interleave(values[2 * m], values[2 * m + 1]), inside)
        else:
            for n in tl.static_range(K):
                tl.store(first + (m * strides[2] + n * strides[3]), values[m * K + n], inside)


@triton.jit
def load_logits(source, strides, c, s, inside, width, K: tl.constexpr, REAL: tl.constexpr):
    """The k² logits of each region, a tuple of blocks; strides (B, k², C, h, w)."""
    first = source + _offsets(strides[2], strides[3], strides[4], c, s, width)
    values = ()
    for p in tl.static_range(K * K):
        values += (tl.load(first + p * strides[1], inside, 0).to(REAL),)
    return values


@triton.jit
def store_logits(target, strides, c, s, inside, width, values, K: tl.constexpr):
    """The gradients of the k² logits of each region, from a tuple of blocks."""
    first = target + _offsets(strides[2], strides[3], strides[4], c, s, width)
    for p in tl.static_range(K * K):
        tl.store(first + p * strides[1], values[p], inside)


@triton.jit
def sum_channels(blocks, K: tl.constexpr):
    """Each block (BLOCK_C, BLOCK_S) summed to (1, BLOCK_S)."""
    sums = ()
    for p in tl.static_range(K * K):
        sums += (tl.sum(blocks[p], 0)[None, :],)
    return sums
