"""The arguments of a kernel: number of programs, tensors with their strides, constants."""

import math
from typing import Any

import torch
import triton.language as tl
from torch import Tensor

from indexnet_core.functional.indexed import Normalization
from indexnet_core.fused.memory import is_channels_last
from indexnet_core.fused.triton_alignment import alignments, is_flat
from indexnet_core.fused.triton_tiles import WARPS, choose_tile

__all__ = ["launch", "launch_arguments"]


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
    joined = 2 if k == 2 and not channels_last else 1
    flat = is_flat(present, width)
    align_channels, align_regions = alignments(present, channels, regions, width, joined, flat)
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
        "JOINED": joined,
        "REAL": tl.float64 if torch.float64 in (feature.dtype, logits.dtype) else tl.float32,
        "OFFSET": tl.int64 if any(map(_is_wide, present)) else tl.int32,
        "ALIGN_C": align_channels,
        "ALIGN_S": align_regions,
        "BLOCK_C": tile.channels,
        "BLOCK_S": tile.regions,
    }
    return programs, [*arguments, channels, regions, None if flat else width, width * joined], constants


def launch(
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
