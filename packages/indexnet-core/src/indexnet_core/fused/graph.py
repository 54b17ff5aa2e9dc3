"""Indexed pooling and upsampling for exported graphs: a tensor for each position of a region.

Runtimes have no operation for a softmax over positions or for strided views that is fast, and they shuffle
maps slowly. So exponentials are summed and divided, positions are read by convolutions, and a map of all
positions is assembled at most once for each result.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.functional.indexed import Normalization, indexed_upsample, sum_regions
from indexnet_core.modes import writing_onnx

__all__ = ["graph_pool", "graph_upsample"]


def graph_pool(
    x: Tensor, logits: Sequence[Tensor], normalization: Normalization, k: int, *, weighted: bool = False
) -> tuple[Tensor, Tensor | None]:
    """`indexnet_core.pool_by_logits` with the logits of the k² positions in separate tensors.

    Shape: x (B, C, H, W), logits k² times (B, C, H/k, W/k) or (B, 1, H/k, W/k) when holistic
        -> pooled (B, C, H/k, W/k) and weighted (B, C, H, W) or None
    """
    holistic = logits[0].shape[1] != x.shape[1]
    powers, total = _encoder(logits, normalization)
    if total is not None and (weighted or holistic):
        powers, total = [power / total for power in powers], None
    powers = [power.to(x.dtype) for power in powers]
    if holistic:  # one small map to assemble
        full = x * assemble(powers, k)
        return sum_regions(full, k), full if weighted else None
    parts = [power * part for power, part in zip(powers, _positions(x, k), strict=True)]
    pooled = _sum(parts)
    return pooled if total is None else pooled / total, assemble(parts, k) if weighted else None


def graph_upsample(y: Tensor, indices: Sequence[Tensor], k: int) -> Tensor:
    """`indexnet_core.indexed_upsample` with the decoder's map of the k² positions in separate tensors.

    Shape: y (B, C, h, w), indices k² times (B, C, h, w) or (B, 1, h, w) when holistic -> (B, C, kh, kw)
    """
    indices = [index.to(y.dtype) for index in indices]
    if indices[0].shape[1] != y.shape[1]:
        return indexed_upsample(y, assemble(indices, k), k)
    return assemble([index * y for index in indices], k)


def decoder_positions(logits: Sequence[Tensor], normalization: Normalization) -> list[Tensor]:
    """The decoder's map (Table 4), position by position."""
    if normalization.startswith("sigmoid"):
        return [logit.sigmoid() for logit in logits]
    powers, total = _powers(logits)
    return [power / total for power in powers]


def assemble(parts: Sequence[Tensor], k: int) -> Tensor:
    """Interleave the k² positions of all regions: k² times (B, C, h, w) -> (B, C, kh, kw)."""
    if not writing_onnx():
        return F.pixel_shuffle(torch.stack(list(parts), 2).flatten(1, 2), k)
    stacked = torch.cat(list(parts), 1)
    batch, channels, height, width = parts[0].shape
    # The operator's default order has positions first; PyTorch's pixel shuffle has them last, which
    # runtimes that keep channels last compute more slowly.
    return torch.onnx.ops.symbolic(
        "DepthToSpace",
        (stacked,),
        {"blocksize": k},
        dtype=stacked.dtype,
        shape=(batch, channels, k * height, k * width),
        version=13,
    )


def _encoder(logits: Sequence[Tensor], normalization: Normalization) -> tuple[list[Tensor], Tensor | None]:
    """The encoder's map (Table 4), to be divided by the second tensor where there is one."""
    if normalization == "sigmoid+softmax":  # of values in (0, 1), whose exponentials cannot overflow
        powers = [index.exp() for index in decoder_positions(logits, normalization)]
        return powers, _sum(powers)
    if normalization == "softmax":
        return _powers(logits)
    indices = decoder_positions(logits, normalization)
    return [index.sigmoid() for index in indices] if "+" in normalization else indices, None


def _powers(logits: Sequence[Tensor]) -> tuple[list[Tensor], Tensor]:
    """Numerators and denominator of a softmax over the positions."""
    highest = logits[0]
    for logit in logits[1:]:
        highest = torch.maximum(highest, logit)
    powers = [(logit - highest).exp() for logit in logits]
    return powers, _sum(powers)


def _positions(x: Tensor, k: int) -> list[Tensor]:
    """The k² positions of all regions, row-major, by convolutions with one weight of 1."""
    channels = x.shape[1]
    one_hot = torch.eye(k * k, dtype=x.dtype, device=x.device).view(k * k, 1, k, k)
    return [
        F.conv2d(x, kernel.expand(channels, 1, k, k), stride=k, groups=channels)
        for kernel in one_hot.split(1)
    ]


def _sum(parts: Sequence[Tensor]) -> Tensor:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
