"""TensorFloat-32: float32 arithmetic of NVIDIA GPUs whose factors have 10 bits of precision."""

import torch

__all__ = ["allow_tf32"]


def allow_tf32(allowed: bool | None) -> None:
    """Allow TF32 in float32 convolutions and matrix products, or forbid it, for the whole process.

    Sums stay float32, so a layer is exact to about 2⁻¹¹ and up to eight times as fast. By default PyTorch
    allows it for convolutions alone, from which nearly all results here come; ``False`` gives the results of
    the CPU within rounding. Other devices ignore it.

    Args:
        allowed: None leaves PyTorch's setting.
    """
    if allowed is not None:
        torch.backends.cudnn.allow_tf32 = allowed
        torch.backends.cuda.matmul.allow_tf32 = allowed
