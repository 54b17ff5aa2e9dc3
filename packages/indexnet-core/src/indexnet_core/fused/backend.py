"""Choose who computes a fused operation: Triton's kernels on CUDA, or eager PyTorch.

A kernel that cannot be compiled or launched (no C compiler, a driver that is too old, a GPU that Triton does
not know) is no reason to fail: from then on the process uses eager PyTorch, after one warning.
"""

import warnings
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from indexnet_core.fused import eager

__all__ = ["LARGEST_K", "run_fused"]

LARGEST_K = 4
"""Largest side of a region for which the kernels are used: they hold the k² positions of a region in
registers, and compiling one takes 15 seconds with k = 5 and minutes with k = 8."""

_broken = False


def run_fused(name: str, feature: Tensor, *arguments: Any, k: int) -> Any:
    """Run ``pool``, ``pool_backward``, ``upsample`` or ``upsample_backward``.

    Args:
        name: of the function.
        feature: a map on the device of the work.
        arguments: of the function.
        k: side of a region.
    """
    if not _broken and k <= LARGEST_K and feature.device.type == "cuda":
        try:
            kernels = _triton_kernels()
            if kernels is not None:
                return getattr(kernels, name)(*arguments)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # a compiler, a driver and Triton each raise errors of their own
            _give_up(error)
    return getattr(eager, name)(*arguments)


def _triton_kernels() -> ModuleType | None:
    """The module with the four functions, or None if Triton does not support this machine."""
    from torch.utils._triton import has_triton  # not an attribute of torch until it is imported

    if not has_triton():
        return None
    from indexnet_core.fused import triton_kernels  # the only module that imports Triton

    return triton_kernels


def _give_up(error: Exception) -> None:
    global _broken
    _broken = True
    reason = next(iter(str(error).strip().splitlines()), "")
    warnings.warn(
        "the fused kernels cannot be used on this GPU, so plain PyTorch computes indexed pooling and "
        f"upsampling, more slowly: {type(error).__name__}: {reason}",
        RuntimeWarning,
        stacklevel=3,
    )
