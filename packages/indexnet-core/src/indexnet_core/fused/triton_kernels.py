"""Indexed pooling and upsampling from index logits, as Triton kernels (Section 4, Table 4).

The only file of the core that imports Triton: import it where a kernel is about to be launched. With
``TRITON_INTERPRET=1`` set before that, the same kernels run on the CPU in Triton's interpreter.

One launch for each function. A program holds a block of channels × regions; the k² positions of a region
are registers, so that softmax needs no other thread and no index map is stored. Every value is read once and
written once. Values moved per region and channel (those of a holistic map per region):

===================  =====================================  ==========================
function             reads                                  writes
===================  =====================================  ==========================
`pool`               k² x, k² logits                        1 pooled, [k² weighted]
`pool_backward`      [1] + [k²] gradients, k² x, k² logits  k² grad_x, k² grad_logits
`upsample`           1 y, k² logits                         k² upsampled
`upsample_backward`  k² gradients, 1 y, k² logits           1 grad_y, k² grad_logits
===================  =====================================  ==========================

Tensors may have any strides. The arithmetic is float32, or float64 where an input is; x (y) and the logits
may differ in type. Callers check the sizes.
"""

import math
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from indexnet_core.functional.indexed import Normalization
from indexnet_core.fused.memory import empty_map, is_channels_last
from indexnet_core.fused.triton_tiles import WARPS, choose_tile

__all__ = ["pool", "pool_backward", "upsample", "upsample_backward"]


def pool(
    x: Tensor, logits: Tensor, normalization: Normalization, k: int, weighted: bool
) -> tuple[Tensor, Tensor | None]:
    """IP with the encoder's map e of the logits: Σ_p e_p·x_p over each region and, if requested, e_p·x_p.

    Args:
        x: feature map.
        logits: position p (row-major) of each region; one channel where all share a map.
        normalization: one of Table 4.
        k: side of a region.
        weighted: whether to also return the index-weighted feature.

    Shape: x (B, C, kh, kw), logits (B, k², C or 1, h, w) -> (B, C, h, w) and (B, C, kh, kw) or None, in x's
    type and memory format
    """
    height, width = logits.shape[-2:]
    pooled = empty_map(x, (height, width))
    product = torch.empty_like(x) if weighted else None
    _launch(_pool, [x, logits, pooled, product], x, logits, normalization, k)
    return pooled, product


def pool_backward(
    grad_pooled: Tensor | None,
    grad_weighted: Tensor | None,
    x: Tensor,
    logits: Tensor,
    normalization: Normalization,
    k: int,
) -> tuple[Tensor, Tensor]:
    """The gradients of x and the logits in `pool`, from those of one or both of its results.

    Shape: grad_pooled (B, C, h, w), grad_weighted (B, C, kh, kw) -> as x, as logits
    """
    grad_x, grad_logits = torch.empty_like(x), torch.empty_like(logits)
    tensors = [grad_pooled, grad_weighted, x, logits, grad_x, grad_logits]
    _launch(_pool_backward, tensors, x, logits, normalization, k)
    return grad_x, grad_logits


def upsample(y: Tensor, logits: Tensor, normalization: Normalization, k: int) -> Tensor:
    """IU with the decoder's map d of the logits: d_p·y at position p of each region.

    Shape: y (B, C, h, w), logits (B, k², C or 1, h, w) -> (B, C, kh, kw), in y's type and memory format
    """
    height, width = logits.shape[-2:]
    upsampled = empty_map(y, (k * height, k * width))
    _launch(_upsample, [y, logits, upsampled], y, logits, normalization, k)
    return upsampled


def upsample_backward(
    grad: Tensor, y: Tensor, logits: Tensor, normalization: Normalization, k: int
) -> tuple[Tensor, Tensor]:
    """The gradients of y and the logits in `upsample`.

    Shape: grad (B, C, kh, kw) -> as y, as logits
    """
    grad_y, grad_logits = torch.empty_like(y), torch.empty_like(logits)
    _launch(_upsample_backward, [grad, y, logits, grad_y, grad_logits], y, logits, normalization, k)
    return grad_y, grad_logits


def launch_arguments(
    tensors: list[Tensor | None], feature: Tensor, logits: Tensor, normalization: Normalization, k: int
) -> tuple[int, list[Any], dict[str, Any]]:
    """The arguments of a launch: number of programs, the kernel's arguments and its constants.

    Args:
        tensors: the kernel's own, in its order; None for an absent one.
        feature: x or y, whose memory format decides the order of the work.
        logits, normalization, k: as in `pool`.
    """
    batch, channels = feature.shape[:2]
    height, width = logits.shape[-2:]
    regions = height * width
    holistic = logits.shape[2] == 1
    channels_last = is_channels_last(feature)
    tile = choose_tile(
        batch,
        channels,
        regions,
        k,
        feature.element_size(),
        channels_last=channels_last,
        holistic=holistic,
    )
    programs = batch * -(-regions // tile.regions) * (1 if holistic else -(-channels // tile.channels))
    present = [tensor for tensor in tensors if tensor is not None]
    arguments = [item for t in tensors for item in ((None, None) if t is None else (t, t.stride()))]
    first, _, second = normalization.partition("+")
    constants = {
        "K": k,
        "FIRST": first,
        # Softmax of values in (0, 1), whose exponentials cannot overflow.
        "SECOND": "plain softmax" if second == "softmax" else second,
        "HOLISTIC": holistic,
        # Columns that are adjacent in memory are read and written together. Triton can split and join pairs
        # only; wider groups are read column by column, from cache lines that are loaded already.
        "JOINED": 2 if k == 2 and not channels_last else 1,
        "REAL": tl.float64 if torch.float64 in (feature.dtype, logits.dtype) else tl.float32,
        "OFFSET": tl.int64 if any(map(_is_wide, present)) else tl.int32,
        "ALIGN": _alignment([t for t in present if not (holistic and t.ndim == 5)], channels),
        "BLOCK_C": tile.channels,
        "BLOCK_S": tile.regions,
    }
    return programs, [*arguments, channels, regions, width], constants


def _launch(
    kernel: Any,
    tensors: list[Tensor | None],
    feature: Tensor,
    logits: Tensor,
    normalization: Normalization,
    k: int,
) -> None:
    """Run a kernel over all regions of a feature map."""
    programs, arguments, constants = launch_arguments(tensors, feature, logits, normalization, k)
    if programs:
        with torch.cuda.device_of(feature):
            kernel[(programs,)](*arguments, **constants, num_warps=WARPS)


def _is_wide(tensor: Tensor) -> bool:
    """Whether offsets within an image may exceed 32 bits; blocks extend slightly beyond the end of a map."""
    reach = sum((size - 1) * stride for size, stride in zip(tensor.shape[1:], tensor.stride()[1:]))
    return max(reach, math.prod(tensor.shape[1:])) >= 2**30


def _alignment(tensors: list[Tensor], channels: int) -> int:
    """The power of two up to 16 that divides the width and all strides, where channels are adjacent.

    Triton itself detects only multiples of 16, but 24 channels allow wide accesses too. A map that all
    channels share adds no condition.
    """
    if any(tensor.stride(-3) != 1 for tensor in tensors):
        return 1
    strides = (s for t in tensors for d, s in enumerate(t.stride()) if d != t.ndim - 3)
    return math.gcd(16, channels, *strides)


@triton.jit
def _pool(
    x, x_strides, logits, logits_strides, pooled, pooled_strides, weighted, weighted_strides,
    channels, regions, width, K: tl.constexpr, FIRST: tl.constexpr, SECOND: tl.constexpr,
    HOLISTIC: tl.constexpr, JOINED: tl.constexpr, REAL: tl.constexpr, OFFSET: tl.constexpr,
    ALIGN: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_S: tl.constexpr,
):  # fmt: skip
    b, start, end, s, u, inside_s, inside_u = _place(
        channels, regions, HOLISTIC, JOINED, OFFSET, BLOCK_C, BLOCK_S
    )
    x_strides = _aligned(x_strides, 1, ALIGN)
    x += b * x_strides[0]
    logits_strides = _aligned(logits_strides, 2, 1 if HOLISTIC else ALIGN)
    logits += b * logits_strides[0]
    pooled_strides = _aligned(pooled_strides, 1, ALIGN)
    pooled += b * pooled_strides[0]
    if weighted is not None:
        weighted_strides = _aligned(weighted_strides, 1, ALIGN)
        weighted += b * weighted_strides[0]
    if HOLISTIC:
        z = _load_logits(logits, logits_strides, 0, s, inside_s, width, K, REAL)
        shared = _activate(_activate(z, FIRST, K), SECOND, K)
    for c0 in tl.range(start, end, BLOCK_C):
        c = c0 + tl.arange(0, BLOCK_C).to(OFFSET)[:, None]
        inside_c = c < channels // ALIGN * ALIGN
        values = _load_regions(x, x_strides, c, u, inside_c & inside_u, width, K, JOINED, REAL)
        if HOLISTIC:
            e = shared
        else:
            z = _load_logits(logits, logits_strides, c, s, inside_c & inside_s, width, K, REAL)
            e = _activate(_activate(z, FIRST, K), SECOND, K)
        products = ()
        total = tl.zeros((BLOCK_C, BLOCK_S), REAL)
        for p in tl.static_range(K * K):
            product = e[p] * values[p]
            products += (product,)
            total += product
        _store(pooled, pooled_strides, c, s, inside_c & inside_s, width, total)
        if weighted is not None:
            _store_regions(weighted, weighted_strides, c, u, inside_c & inside_u, width, products, K, JOINED)


@triton.jit
def _pool_backward(
    grad_pooled, grad_pooled_strides, grad_weighted, grad_weighted_strides, x, x_strides,
    logits, logits_strides, grad_x, grad_x_strides, grad_logits, grad_logits_strides,
    channels, regions, width, K: tl.constexpr, FIRST: tl.constexpr, SECOND: tl.constexpr,
    HOLISTIC: tl.constexpr, JOINED: tl.constexpr, REAL: tl.constexpr, OFFSET: tl.constexpr,
    ALIGN: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_S: tl.constexpr,
):  # fmt: skip
    b, start, end, s, u, inside_s, inside_u = _place(
        channels, regions, HOLISTIC, JOINED, OFFSET, BLOCK_C, BLOCK_S
    )
    if grad_pooled is not None:
        grad_pooled_strides = _aligned(grad_pooled_strides, 1, ALIGN)
        grad_pooled += b * grad_pooled_strides[0]
    if grad_weighted is not None:
        grad_weighted_strides = _aligned(grad_weighted_strides, 1, ALIGN)
        grad_weighted += b * grad_weighted_strides[0]
    x_strides = _aligned(x_strides, 1, ALIGN)
    x += b * x_strides[0]
    logits_strides = _aligned(logits_strides, 2, 1 if HOLISTIC else ALIGN)
    logits += b * logits_strides[0]
    grad_x_strides = _aligned(grad_x_strides, 1, ALIGN)
    grad_x += b * grad_x_strides[0]
    grad_logits_strides = _aligned(grad_logits_strides, 2, 1 if HOLISTIC else ALIGN)
    grad_logits += b * grad_logits_strides[0]
    if HOLISTIC:
        z = _load_logits(logits, logits_strides, 0, s, inside_s, width, K, REAL)
        shared_first = _activate(z, FIRST, K)
        shared = _activate(shared_first, SECOND, K)
        sums = ()
        for _p in tl.static_range(K * K):
            sums += (tl.zeros((BLOCK_C, BLOCK_S), REAL),)
    for c0 in tl.range(start, end, BLOCK_C):
        c = c0 + tl.arange(0, BLOCK_C).to(OFFSET)[:, None]
        inside_c = c < channels // ALIGN * ALIGN
        values = _load_regions(x, x_strides, c, u, inside_c & inside_u, width, K, JOINED, REAL)
        # The gradient of e_p·x_p: that of the sum, plus that of the weighted feature.
        if grad_weighted is not None:
            grad_products = _load_regions(
                grad_weighted, grad_weighted_strides, c, u, inside_c & inside_u, width, K, JOINED, REAL
            )
        if grad_pooled is not None:
            through_sum = _load(grad_pooled, grad_pooled_strides, c, s, inside_c & inside_s, width, REAL)
        if HOLISTIC:
            e = shared
        else:
            z = _load_logits(logits, logits_strides, c, s, inside_c & inside_s, width, K, REAL)
            first = _activate(z, FIRST, K)
            e = _activate(first, SECOND, K)
        grad_values = ()
        grad_e = ()
        for p in tl.static_range(K * K):
            if grad_weighted is None:
                gradient = through_sum
            elif grad_pooled is None:
                gradient = grad_products[p]
            else:
                gradient = through_sum + grad_products[p]
            grad_values += (gradient * e[p],)
            if HOLISTIC:
                grad_e += (sums[p] + gradient * values[p],)
            else:
                grad_e += (gradient * values[p],)
        _store_regions(grad_x, grad_x_strides, c, u, inside_c & inside_u, width, grad_values, K, JOINED)
        if HOLISTIC:
            sums = grad_e
        else:
            grad_z = _differentiate(_differentiate(grad_e, e, SECOND, K), first, FIRST, K)
            _store_logits(grad_logits, grad_logits_strides, c, s, inside_c & inside_s, width, grad_z, K)
    if HOLISTIC:
        grad_z = _differentiate(
            _differentiate(_sum_channels(sums, K), shared, SECOND, K), shared_first, FIRST, K
        )
        _store_logits(grad_logits, grad_logits_strides, 0, s, inside_s, width, grad_z, K)


@triton.jit
def _upsample(
    y, y_strides, logits, logits_strides, upsampled, upsampled_strides,
    channels, regions, width, K: tl.constexpr, FIRST: tl.constexpr, SECOND: tl.constexpr,
    HOLISTIC: tl.constexpr, JOINED: tl.constexpr, REAL: tl.constexpr, OFFSET: tl.constexpr,
    ALIGN: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_S: tl.constexpr,
):  # fmt: skip
    b, start, end, s, u, inside_s, inside_u = _place(
        channels, regions, HOLISTIC, JOINED, OFFSET, BLOCK_C, BLOCK_S
    )
    y_strides = _aligned(y_strides, 1, ALIGN)
    y += b * y_strides[0]
    logits_strides = _aligned(logits_strides, 2, 1 if HOLISTIC else ALIGN)
    logits += b * logits_strides[0]
    upsampled_strides = _aligned(upsampled_strides, 1, ALIGN)
    upsampled += b * upsampled_strides[0]
    if HOLISTIC:
        shared = _activate(_load_logits(logits, logits_strides, 0, s, inside_s, width, K, REAL), FIRST, K)
    for c0 in tl.range(start, end, BLOCK_C):
        c = c0 + tl.arange(0, BLOCK_C).to(OFFSET)[:, None]
        inside_c = c < channels // ALIGN * ALIGN
        value = _load(y, y_strides, c, s, inside_c & inside_s, width, REAL)
        if HOLISTIC:
            d = shared
        else:
            z = _load_logits(logits, logits_strides, c, s, inside_c & inside_s, width, K, REAL)
            d = _activate(z, FIRST, K)
        products = ()
        for p in tl.static_range(K * K):
            products += (d[p] * value,)
        _store_regions(upsampled, upsampled_strides, c, u, inside_c & inside_u, width, products, K, JOINED)


@triton.jit
def _upsample_backward(
    grad, grad_strides, y, y_strides, logits, logits_strides,
    grad_y, grad_y_strides, grad_logits, grad_logits_strides,
    channels, regions, width, K: tl.constexpr, FIRST: tl.constexpr, SECOND: tl.constexpr,
    HOLISTIC: tl.constexpr, JOINED: tl.constexpr, REAL: tl.constexpr, OFFSET: tl.constexpr,
    ALIGN: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_S: tl.constexpr,
):  # fmt: skip
    b, start, end, s, u, inside_s, inside_u = _place(
        channels, regions, HOLISTIC, JOINED, OFFSET, BLOCK_C, BLOCK_S
    )
    grad_strides = _aligned(grad_strides, 1, ALIGN)
    grad += b * grad_strides[0]
    y_strides = _aligned(y_strides, 1, ALIGN)
    y += b * y_strides[0]
    logits_strides = _aligned(logits_strides, 2, 1 if HOLISTIC else ALIGN)
    logits += b * logits_strides[0]
    grad_y_strides = _aligned(grad_y_strides, 1, ALIGN)
    grad_y += b * grad_y_strides[0]
    grad_logits_strides = _aligned(grad_logits_strides, 2, 1 if HOLISTIC else ALIGN)
    grad_logits += b * grad_logits_strides[0]
    if HOLISTIC:
        shared = _activate(_load_logits(logits, logits_strides, 0, s, inside_s, width, K, REAL), FIRST, K)
        sums = ()
        for _p in tl.static_range(K * K):
            sums += (tl.zeros((BLOCK_C, BLOCK_S), REAL),)
    for c0 in tl.range(start, end, BLOCK_C):
        c = c0 + tl.arange(0, BLOCK_C).to(OFFSET)[:, None]
        inside_c = c < channels // ALIGN * ALIGN
        gradients = _load_regions(grad, grad_strides, c, u, inside_c & inside_u, width, K, JOINED, REAL)
        value = _load(y, y_strides, c, s, inside_c & inside_s, width, REAL)
        if HOLISTIC:
            d = shared
        else:
            z = _load_logits(logits, logits_strides, c, s, inside_c & inside_s, width, K, REAL)
            d = _activate(z, FIRST, K)
        total = tl.zeros((BLOCK_C, BLOCK_S), REAL)
        grad_d = ()
        for p in tl.static_range(K * K):
            total += gradients[p] * d[p]
            if HOLISTIC:
                grad_d += (sums[p] + gradients[p] * value,)
            else:
                grad_d += (gradients[p] * value,)
        _store(grad_y, grad_y_strides, c, s, inside_c & inside_s, width, total)
        if HOLISTIC:
            sums = grad_d
        else:
            grad_z = _differentiate(grad_d, d, FIRST, K)
            _store_logits(grad_logits, grad_logits_strides, c, s, inside_c & inside_s, width, grad_z, K)
    if HOLISTIC:
        grad_z = _differentiate(_sum_channels(sums, K), shared, FIRST, K)
        _store_logits(grad_logits, grad_logits_strides, 0, s, inside_s, width, grad_z, K)


@triton.jit
def _place(
    channels, regions, HOLISTIC: tl.constexpr, JOINED: tl.constexpr, OFFSET: tl.constexpr,
    BLOCK_C: tl.constexpr, BLOCK_S: tl.constexpr,
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
    return program.to(tl.int64), start, end, s, u, s < regions, u < tl.cast(regions, OFFSET) * JOINED


@triton.jit
def _aligned(strides, CHANNEL: tl.constexpr, ALIGN: tl.constexpr):
    """The same strides as explicit multiples of `ALIGN`, except for the channels' stride."""
    results = ()
    for d in tl.static_range(len(strides)):
        if d == CHANNEL or ALIGN == 1:
            results += (strides[d],)
        else:
            results += (strides[d] // ALIGN * ALIGN,)
    return results


@triton.jit
def _offsets(strides, c, s, width):
    """Offsets of channel c of region s in a map with one value per region; strides (B, C, h, w)."""
    return c * strides[1] + s // width * strides[2] + s % width * strides[3]


@triton.jit
def _pixel_offsets(strides, c, u, width, K: tl.constexpr, JOINED: tl.constexpr):
    """Offsets of the lanes u in a map with k × k values per region; strides (B, C, H, W)."""
    row = u // (width * JOINED) * K
    column = u % (width * JOINED) * (K // JOINED)
    return c * strides[1] + row * strides[2] + column * strides[3]


@triton.jit
def _load(source, strides, c, s, inside, width, REAL: tl.constexpr):
    """One value per region."""
    return tl.load(source + _offsets(strides, c, s, width), inside, 0).to(REAL)


@triton.jit
def _store(target, strides, c, s, inside, width, value):
    """One value per region."""
    tl.store(target + _offsets(strides, c, s, width), value, inside)


@triton.jit
def _load_regions(
    source, strides, c, u, inside, width, K: tl.constexpr, JOINED: tl.constexpr, REAL: tl.constexpr
):
    """The k² values of each region, a tuple of blocks."""
    first = source + _pixel_offsets(strides, c, u, width, K, JOINED)
    values = ()
    for m in tl.static_range(K):
        if JOINED == 2:
            row = tl.load(first + m * strides[2], inside, 0).to(REAL)
            left, right = tl.split(tl.reshape(row, (row.shape[0], row.shape[1] // 2, 2)))
            values += (left, right)
        else:
            for n in tl.static_range(K):
                values += (tl.load(first + (m * strides[2] + n * strides[3]), inside, 0).to(REAL),)
    return values


@triton.jit
def _store_regions(target, strides, c, u, inside, width, values, K: tl.constexpr, JOINED: tl.constexpr):
    """The k² values of each region, from a tuple of blocks."""
    first = target + _pixel_offsets(strides, c, u, width, K, JOINED)
    for m in tl.static_range(K):
        if JOINED == 2:
            tl.store(first + m * strides[2], tl.interleave(values[2 * m], values[2 * m + 1]), inside)
        else:
            for n in tl.static_range(K):
                tl.store(first + (m * strides[2] + n * strides[3]), values[m * K + n], inside)


@triton.jit
def _load_logits(source, strides, c, s, inside, width, K: tl.constexpr, REAL: tl.constexpr):
    """The k² logits of each region, a tuple of blocks; strides (B, k², C, h, w)."""
    first = source + (c * strides[2] + s // width * strides[3] + s % width * strides[4])
    values = ()
    for p in tl.static_range(K * K):
        values += (tl.load(first + p * strides[1], inside, 0).to(REAL),)
    return values


@triton.jit
def _store_logits(target, strides, c, s, inside, width, values, K: tl.constexpr):
    """The gradients of the k² logits of each region, from a tuple of blocks."""
    first = target + (c * strides[2] + s // width * strides[3] + s % width * strides[4])
    for p in tl.static_range(K * K):
        tl.store(first + p * strides[1], values[p], inside)


@triton.jit
def _sum_channels(blocks, K: tl.constexpr):
    """Each block (BLOCK_C, BLOCK_S) summed to (1, BLOCK_S)."""
    sums = ()
    for p in tl.static_range(K * K):
        sums += (tl.sum(blocks[p], 0)[None, :],)
    return sums


@triton.jit
def _activate(z, KIND: tl.constexpr, K: tl.constexpr):
    """Sigmoid of each of the k² values, or softmax over them; "" leaves them as they are.

    "plain softmax" is softmax of values that are known to be small.
    """
    if KIND == "":
        return z
    results = ()
    if KIND == "sigmoid":
        for p in tl.static_range(K * K):
            results += (_reciprocal(1 + _exp(-z[p])),)
    else:
        if KIND == "softmax":
            top = z[0]
            for p in tl.static_range(1, K * K):
                top = tl.maximum(top, z[p])
        exponentials = ()
        total = tl.zeros_like(z[0])
        for p in tl.static_range(K * K):
            exponential = _exp(z[p] - top) if KIND == "softmax" else _exp(z[p])
            exponentials += (exponential,)
            total += exponential
        inverse = _reciprocal(total)
        for p in tl.static_range(K * K):
            results += (exponentials[p] * inverse,)
    return results


@triton.jit
def _exp(x):
    """exp(x) in two float32 instructions; `tl.exp`, which handles subnormal results, takes five."""
    return tl.exp2(x * 1.4426950408889634)


@triton.jit
def _reciprocal(x):
    """1/x of a sum of exponentials in two float32 instructions; a division takes eight.

    To 3e-7, and 0 of infinity.
    """
    root = tl.rsqrt(x)
    return root * root


@triton.jit
def _differentiate(gradients, results, KIND: tl.constexpr, K: tl.constexpr):
    """The gradients of the inputs of `_activate`, from those of its results."""
    if KIND == "":
        return gradients
    inputs = ()
    if KIND == "sigmoid":
        for p in tl.static_range(K * K):
            inputs += (gradients[p] * results[p] * (1 - results[p]),)
    else:
        mean = tl.zeros_like(gradients[0])
        for p in tl.static_range(K * K):
            mean += gradients[p] * results[p]
        for p in tl.static_range(K * K):
            inputs += (results[p] * (gradients[p] - mean),)
    return inputs
