"""Section 3: pooling and upsampling operators are index functions under one general rule.

The rule, `apply_index`: a result is Σ_{x∈X} I(x)·x over the region X that it depends on. Each operator is
a choice of regions and of the index function I. Max pooling, average pooling, nearest and bilinear
upsampling, deconvolution and pixel shuffle are then equal to PyTorch's own operators.

Equations 1 to 4 are implemented with their corrections: Eq. 1 with a rule for ties (the first maximum, as in
PyTorch); Eq. 2 is 1/k² for pooling and 1 for upsampling; Eq. 4 has l = (m−1)·r + n; the W of Eq. 3 weights a
window of the zero-stuffed map.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.errors import ShapeError
from indexnet_core.functional.padding import check_divisible

__all__ = [
    "apply_index",
    "average_index",
    "bilinear_index",
    "deconvolution_index",
    "max_index",
    "nearest_index",
    "pixel_shuffle_index",
    "regions",
    "shuffle_regions",
    "unshuffle",
    "zero_stuffed_regions",
]


def apply_index(region: Tensor, index: Tensor) -> Tensor:
    """The general rule Σ_{x∈X} I(x)·x, the members of X along dimension 2.

    Shape: region (B, C, |X|, ...) and index broadcastable to it -> (B, C, ...)
    """
    return (region * index).sum(2)


def regions(x: Tensor, k: int = 2) -> Tensor:
    """The disjoint k × k regions of a map, row-major: (B, C, H, W) -> (B, C, k², H/k, W/k)."""
    check_divisible(x.shape[-2], x.shape[-1], k, "see pad_to_multiple")
    return unshuffle(x, k).unflatten(1, (x.shape[1], k * k))


def unshuffle(x: Tensor, k: int) -> Tensor:
    """PyTorch's `pixel_unshuffle`, also of an empty batch, for which PyTorch returns a wrong shape."""
    if x.numel() == 0:
        batch, channels, height, width = x.shape
        return x.new_empty(batch, channels * k * k, height // k, width // k)
    return F.pixel_unshuffle(x, k)


def max_index(x: Tensor, k: int = 2) -> Tensor:
    """I_max (Eq. 1): 1 at the first maximum of each k × k region, 0 elsewhere; without gradient.

    Shape: x (B, C, H, W) -> (B, C, H, W)

    >>> max_index(torch.tensor([[[[3.0, 3.0], [0.0, 1.0]]]])).tolist()
    [[[[1.0, 0.0], [0.0, 0.0]]]]
    """
    region = regions(x.detach(), k)
    winner = region.argmax(2, keepdim=True)
    positions = torch.arange(k * k, device=x.device).view(1, 1, -1, 1, 1)
    return F.pixel_shuffle((positions == winner).to(x.dtype).flatten(1, 2), k)


def average_index(k: int = 2, dtype: torch.dtype = torch.float32) -> Tensor:
    """I_avg (Eq. 2) of average pooling: 1/k² at every position of a region, (k, k)."""
    return torch.full((k, k), 1 / (k * k), dtype=dtype)


def nearest_index(k: int = 2) -> Tensor:
    """I_avg (Eq. 2) of nearest upsampling: 1 at every position of a region, (k, k)."""
    return torch.ones(k, k)


def zero_stuffed_regions(y: Tensor, size: int, k: int = 2, *, replicate: bool = False) -> Tensor:
    """For each upsampled point, the size × size window of the zero-stuffed map around it.

    Zero stuffing puts value (i, j) at (ki, kj). The window of point j reaches from j + p − size + 1 to j + p
    with the p of `transposed_padding`, as a transposed convolution sees it. Beyond the border the map is
    zero, or replicates its border.

    Args:
        y: map to upsample.
        size: side of the window, a multiple of k.
        k: upsampling factor.
        replicate: whether the map is padded by replicating its border first.

    Shape: y (B, C, h, w) -> (B, C, size², kh, kw)
    """
    if size % k:
        raise ShapeError(f"the window's side must be a multiple of k = {k}, got {size}")
    batch, channels, height, width = y.shape
    reach = size // k
    border = F.pad(y, [reach] * 4, mode="replicate" if replicate else "constant")
    stuffed = y.new_zeros(batch, channels, k * (height + 2 * reach), k * (width + 2 * reach))
    stuffed[..., ::k, ::k] = border
    # A transposed convolution with padding p lets value i reach the outputs k·i − p … k·i − p + size − 1,
    # so output j sees the stuffed positions j + p − size + 1 … j + p.
    start = k * reach + transposed_padding(size, k) - size + 1
    rows = stuffed.unfold(2, size, 1)[:, :, start : start + k * height]
    windows = rows.unfold(3, size, 1)[:, :, :, start : start + k * width]
    return windows.flatten(4).movedim(4, 2)  # window rows, then columns


def transposed_padding(size: int, k: int) -> int:
    """The padding for which a transposed convolution of stride k multiplies the size by exactly k.

    Where size − k is odd, with an output padding of 1.
    """
    return (size - k + 1) // 2


def bilinear_index(
    dtype: torch.dtype = torch.float32,
    k: int = 2,
    size: int | None = None,
    *,
    device: torch.device | None = None,
) -> Tensor:
    """W of Eq. 3 for bilinear upsampling by k: a tent over the zero-stuffed map, in two possible sizes.

    | size         | k = 2                       | equal to                                            |
    |--------------|-----------------------------|-----------------------------------------------------|
    | 2k (default) | [¼, ¾, ¾, ¼] ⊗ [¼, ¾, ¾, ¼] | ``align_corners=False``, k even, borders replicated |
    | 2k − 1       | [½, 1, ½] ⊗ [½, 1, ½]       | ``align_corners=True`` at k(H−1) + 1 (Section 5.5)  |

    Shape: (size, size)

    Raises:
        ShapeError: if the size is neither.

    >>> bilinear_index(size=3).tolist()
    [[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]]
    """
    size = 2 * k if size is None else size
    if size not in (2 * k, 2 * k - 1):
        raise ShapeError(
            f"the window of bilinear upsampling by {k} is {2 * k - 1} or {2 * k} wide, got {size}"
        )
    tent = 1 - (torch.arange(size, dtype=dtype, device=device) - (size - 1) / 2).abs() / k
    return torch.outer(tent, tent)


def deconvolution_index(weight: Tensor) -> Tensor:
    """W of Eq. 3 for a transposed convolution: its flipped kernel, one window for each output channel.

    Shape: weight (C_in, C_out, s, s) -> (C_out, C_in·s²), for windows laid out as
    ``zero_stuffed_regions(y, s, k).flatten(1, 2)``
    """
    return weight.flip(2, 3).transpose(0, 1).flatten(1)


def shuffle_regions(z: Tensor, r: int = 2) -> Tensor:
    """The r² channels that pixel shuffle merges into one: (B, C·r², h, w) -> (B, C, r², h, w)."""
    if z.shape[1] % (r * r):
        raise ShapeError(f"pixel shuffle by {r} needs a multiple of {r * r} channels, got {z.shape[1]}")
    return z.unflatten(1, (-1, r * r))


def pixel_shuffle_index(r: int = 2) -> Tensor:
    """I^l of Eq. 4, the one-hot code that sends channel l = (m−1)·r + n to row m, column n: (r², r, r)."""
    return torch.eye(r * r).view(r * r, r, r)
