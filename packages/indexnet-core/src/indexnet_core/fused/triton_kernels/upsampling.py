"""Indexed upsampling (IU) and its gradients."""

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

__all__ = ["upsample", "upsample_backward", "upsample_backward_kernel", "upsample_kernel"]


def upsample(y: Tensor, logits: Tensor, normalization: Normalization, k: int) -> Tensor:
    """IU with the decoder's map d of the logits: d_p·y at position p of each region.

    Shape: y (B, C, h, w), logits (B, k², C or 1, h, w) -> (B, C, kh, kw), in y's type and memory format
    """
    height, width = logits.shape[-2:]
    upsampled = empty_map(y, (k * height, k * width))
    launch(upsample_kernel, [y, logits, upsampled], y, logits, normalization, k)
    return upsampled


def upsample_backward(
    grad: Tensor, y: Tensor, logits: Tensor, normalization: Normalization, k: int
) -> tuple[Tensor, Tensor]:
    """The gradients of y and the logits in `upsample`.

    Shape: grad (B, C, kh, kw) -> as y, as logits
    """
    grad_y, grad_logits = torch.empty_like(y), torch.empty_like(logits)
    launch(upsample_backward_kernel, [grad, y, logits, grad_y, grad_logits], y, logits, normalization, k)
    return grad_y, grad_logits


@triton.jit
def upsample_kernel(
    y, y_strides, logits, logits_strides, upsampled, upsampled_strides,
    channels, regions, width, row, K: tl.constexpr, FIRST: tl.constexpr, SECOND: tl.constexpr,
    HOLISTIC: tl.constexpr, JOINED: tl.constexpr, REAL: tl.constexpr, OFFSET: tl.constexpr,
    ALIGN_C: tl.constexpr, ALIGN_S: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_S: tl.constexpr,
):  # fmt: skip
    """`upsample`: one program computes a block of channels × regions."""
    b, start, end, s, u, inside_s, inside_u = place(
        channels, regions, HOLISTIC, JOINED, OFFSET, ALIGN_S, BLOCK_C, BLOCK_S
    )
    row = row // ALIGN_S * ALIGN_S
    if width is not None:
        width = width // ALIGN_S * ALIGN_S
    y, y_strides = image(y, y_strides, b, ALIGN_C, ALIGN_S)
    logits, logits_strides = image(logits, logits_strides, b, 1 if HOLISTIC else ALIGN_C, ALIGN_S)
    upsampled, upsampled_strides = image(upsampled, upsampled_strides, b, ALIGN_C, ALIGN_S)
    if HOLISTIC:
        shared = activate(load_logits(logits, logits_strides, 0, s, inside_s, width, K, REAL), FIRST, K)
    for c0 in tl.range(start, end, BLOCK_C):
        c = c0 + tl.arange(0, BLOCK_C).to(OFFSET)[:, None]
        inside_c = c < channels // ALIGN_C * ALIGN_C
        value = load(y, y_strides, c, s, inside_c & inside_s, width, REAL)
        if HOLISTIC:
            d = shared
        else:
            z = load_logits(logits, logits_strides, c, s, inside_c & inside_s, width, K, REAL)
            d = activate(z, FIRST, K)
        products = ()
        for p in tl.static_range(K * K):
            products += (d[p] * value,)
        store_regions(upsampled, upsampled_strides, c, u, inside_c & inside_u, row, products, K, JOINED)


@triton.jit
def upsample_backward_kernel(
    grad, grad_strides, y, y_strides, logits, logits_strides,
    grad_y, grad_y_strides, grad_logits, grad_logits_strides,
    channels, regions, width, row, K: tl.constexpr, FIRST: tl.constexpr, SECOND: tl.constexpr,
    HOLISTIC: tl.constexpr, JOINED: tl.constexpr, REAL: tl.constexpr, OFFSET: tl.constexpr,
    ALIGN_C: tl.constexpr, ALIGN_S: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_S: tl.constexpr,
):  # fmt: skip
    """`upsample_backward`."""
    b, start, end, s, u, inside_s, inside_u = place(
        channels, regions, HOLISTIC, JOINED, OFFSET, ALIGN_S, BLOCK_C, BLOCK_S
    )
    row = row // ALIGN_S * ALIGN_S
    if width is not None:
        width = width // ALIGN_S * ALIGN_S
    grad, grad_strides = image(grad, grad_strides, b, ALIGN_C, ALIGN_S)
    y, y_strides = image(y, y_strides, b, ALIGN_C, ALIGN_S)
    logits, logits_strides = image(logits, logits_strides, b, 1 if HOLISTIC else ALIGN_C, ALIGN_S)
    grad_y, grad_y_strides = image(grad_y, grad_y_strides, b, ALIGN_C, ALIGN_S)
    grad_logits, grad_logits_strides = image(
        grad_logits, grad_logits_strides, b, 1 if HOLISTIC else ALIGN_C, ALIGN_S
    )
    if HOLISTIC:
        shared = activate(load_logits(logits, logits_strides, 0, s, inside_s, width, K, REAL), FIRST, K)
        sums = ()
        for _p in tl.static_range(K * K):
            sums += (tl.zeros((BLOCK_C, BLOCK_S), REAL),)
    for c0 in tl.range(start, end, BLOCK_C):
        c = c0 + tl.arange(0, BLOCK_C).to(OFFSET)[:, None]
        inside_c = c < channels // ALIGN_C * ALIGN_C
        gradients = load_regions(grad, grad_strides, c, u, inside_c & inside_u, row, K, JOINED, REAL)
        value = load(y, y_strides, c, s, inside_c & inside_s, width, REAL)
        if HOLISTIC:
            d = shared
        else:
            z = load_logits(logits, logits_strides, c, s, inside_c & inside_s, width, K, REAL)
            d = activate(z, FIRST, K)
        total = tl.zeros((BLOCK_C, BLOCK_S), REAL)
        grad_d = ()
        for p in tl.static_range(K * K):
            total += gradients[p] * d[p]
            if HOLISTIC:
                grad_d += (sums[p] + gradients[p] * value,)
            else:
                grad_d += (gradients[p] * value,)
        store(grad_y, grad_y_strides, c, s, inside_c & inside_s, width, total)
        if HOLISTIC:
            sums = grad_d
        else:
            grad_z = differentiate(grad_d, d, FIRST, K)
            store_logits(grad_logits, grad_logits_strides, c, s, inside_c & inside_s, width, grad_z, K)
    if HOLISTIC:
        grad_z = differentiate(sum_channels(sums, K), shared, FIRST, K)
        store_logits(grad_logits, grad_logits_strides, 0, s, inside_s, width, grad_z, K)
