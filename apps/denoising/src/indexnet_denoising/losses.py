"""The training loss of Section 5.2."""

import torch.nn.functional as F
from torch import Tensor


def l2_loss(estimate: Tensor, clean: Tensor) -> Tensor:
    """Mean squared error between the estimate and the clean image.

    With residual prediction this equals the squared error between predicted and true noise.

    Shape:
        estimate, clean (B, C, H, W) -> scalar

    Raises:
        ValueError: the shapes differ (they would be broadcast otherwise).
    """
    if estimate.shape != clean.shape:
        raise ValueError(f"estimate {tuple(estimate.shape)} and clean {tuple(clean.shape)} differ in shape")
    return F.mse_loss(estimate, clean)
