"""Indexed pooling (IP) and its gradients."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from indexnet_core.functional.indexed import Normalization
from indexnet_core.fused.memory import empty_map
from indexnet_core.fused.triton_kernels.activations import activate, differentiate
from indexnet_core.fused.triton_kernels.launch import launch
from indexnet_core.fused.triton_kernels.maps import (
    image,
    load,
    load_logits,
    load_regions,
    place,
    store,
    store_logits,
    store_regions,
    sum_channels,
)

__all__ = ["pool", "pool_backward", "pool_backward_kernel", "pool_kernel"]


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
    launch(pool_kernel, [x, logits, pooled, product], x, logits, normalization, k)
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
    launch(pool_backward_kernel, tensors, x, logits, normalization, k)
    return grad_x, grad_logits


@triton.jit
def pool_kernel(
    x, x_strides, logits, logits_strides, pooled, pooled_strides, weighted, weighted_strides,
    channels, regions, width, row, K: tl.constexpr, FIRST: tl.constexpr, SECOND: tl.constexpr,
    HOLISTIC: tl.constexpr, JOINED: tl.constexpr, REAL: tl.constexpr, OFFSET: tl.constexpr,
    ALIGN_C: tl.constexpr, ALIGN_S: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_S: tl.constexpr,
):  # fmt: skip
    """`pool`: one program computes a block of channels × regions."""
    b, start, end, s, u, inside_s, inside_u = place(
        channels, regions, HOLISTIC, JOINED, OFFSET, ALIGN_S, BLOCK_C, BLOCK_S
    )
    row = row // ALIGN_S * ALIGN_S
    if width is not None:
        width = width // ALIGN_S * ALIGN_S
    x, x_strides = image(x, x_strides, b, ALIGN_C, ALIGN_S)
    logits, logits_strides = image(logits, logits_strides, b, 1 if HOLISTIC else ALIGN_C, ALIGN_S)
    pooled, pooled_strides = image(pooled, pooled_strides, b, ALIGN_C, ALIGN_S)
    if weighted is not None:
        weighted, weighted_strides = image(weighted, weighted_strides, b, ALIGN_C, ALIGN_S)
    if HOLISTIC:
        z = load_logits(logits, logits_strides, 0, s, inside_s, width, K, REAL)
        shared = activate(activate(z, FIRST, K), SECOND, K)
    for c0 in tl.range(start, end, BLOCK_C):
        c = c0 + tl.arange(0, BLOCK_C).to(OFFSET)[:, None]
        inside_c = c < channels // ALIGN_C * ALIGN_C
        values = load_regions(x, x_strides, c, u, inside_c & inside_u, row, K, JOINED, REAL)
        if HOLISTIC:
            e = shared
        else:
            z = load_logits(logits, logits_strides, c, s, inside_c & inside_s, width, K, REAL)
            e = activate(activate(z, FIRST, K), SECOND, K)
        products = ()
        total = tl.zeros((BLOCK_C, BLOCK_S), REAL)
        for p in tl.static_range(K * K):
            product = e[p] * values[p]
            products += (product,)
            total += product
        store(pooled, pooled_strides, c, s, inside_c & inside_s, width, total)
        if weighted is not None:
            store_regions(weighted, weighted_strides, c, u, inside_c & inside_u, row, products, K, JOINED)


@triton.jit
def pool_backward_kernel(
    grad_pooled, grad_pooled_strides, grad_weighted, grad_weighted_strides, x, x_strides,
    logits, logits_strides, grad_x, grad_x_strides, grad_logits, grad_logits_strides,
    channels, regions, width, row, K: tl.constexpr, FIRST: tl.constexpr, SECOND: tl.constexpr,
    HOLISTIC: tl.constexpr, JOINED: tl.constexpr, REAL: tl.constexpr, OFFSET: tl.constexpr,
    ALIGN_C: tl.constexpr, ALIGN_S: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_S: tl.constexpr,
):  # fmt: skip
    """`pool_backward`; either gradient may be None."""
    b, start, end, s, u, inside_s, inside_u = place(
        channels, regions, HOLISTIC, JOINED, OFFSET, ALIGN_S, BLOCK_C, BLOCK_S
    )
    row = row // ALIGN_S * ALIGN_S
    if width is not None:
        width = width // ALIGN_S * ALIGN_S
    if grad_pooled is not None:
        grad_pooled, grad_pooled_strides = image(grad_pooled, grad_pooled_strides, b, ALIGN_C, ALIGN_S)
    if grad_weighted is not None:
        grad_weighted, grad_weighted_strides = image(
            grad_weighted, grad_weighted_strides, b, ALIGN_C, ALIGN_S
        )
    x, x_strides = image(x, x_strides, b, ALIGN_C, ALIGN_S)
    logits, logits_strides = image(logits, logits_strides, b, 1 if HOLISTIC else ALIGN_C, ALIGN_S)
    grad_x, grad_x_strides = image(grad_x, grad_x_strides, b, ALIGN_C, ALIGN_S)
    grad_logits, grad_logits_strides = image(
        grad_logits, grad_logits_strides, b, 1 if HOLISTIC else ALIGN_C, ALIGN_S
    )
    if HOLISTIC:
        z = load_logits(logits, logits_strides, 0, s, inside_s, width, K, REAL)
        shared_first = activate(z, FIRST, K)
        shared = activate(shared_first, SECOND, K)
        sums = ()
        for _p in tl.static_range(K * K):
            sums += (tl.zeros((BLOCK_C, BLOCK_S), REAL),)
    for c0 in tl.range(start, end, BLOCK_C):
        c = c0 + tl.arange(0, BLOCK_C).to(OFFSET)[:, None]
        inside_c = c < channels // ALIGN_C * ALIGN_C
        values = load_regions(x, x_strides, c, u, inside_c & inside_u, row, K, JOINED, REAL)
        # The gradient of e_p·x_p: that of the sum, plus that of the weighted feature.
        if grad_weighted is not None:
            grad_products = load_regions(
                grad_weighted, grad_weighted_strides, c, u, inside_c & inside_u, row, K, JOINED, REAL
            )
        if grad_pooled is not None:
            through_sum = load(grad_pooled, grad_pooled_strides, c, s, inside_c & inside_s, width, REAL)
        if HOLISTIC:
            e = shared
        else:
            z = load_logits(logits, logits_strides, c, s, inside_c & inside_s, width, K, REAL)
            first = activate(z, FIRST, K)
            e = activate(first, SECOND, K)
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
        store_regions(grad_x, grad_x_strides, c, u, inside_c & inside_u, row, grad_values, K, JOINED)
        if HOLISTIC:
            sums = grad_e
        else:
            grad_z = differentiate(differentiate(grad_e, e, SECOND, K), first, FIRST, K)
            store_logits(grad_logits, grad_logits_strides, c, s, inside_c & inside_s, width, grad_z, K)
    if HOLISTIC:
        grad_z = differentiate(
            differentiate(sum_channels(sums, K), shared, SECOND, K), shared_first, FIRST, K
        )
        store_logits(grad_logits, grad_logits_strides, 0, s, inside_s, width, grad_z, K)
