"""Training losses: the paper's, and one for blind denoisers.

Both are means over patches of one size, so that equal pieces of a batch weigh the same.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

import torch.nn.functional as F
from torch import Tensor

__all__ = ["LOSSES", "LossName", "l2_loss", "psnr_loss"]

LossName: TypeAlias = Literal["l2", "psnr"]


def l2_loss(prediction: Tensor, clean: Tensor) -> Tensor:
    """Return the mean squared error between the prediction and the clean image (Section 5.2).

    With residual prediction this equals the squared error between predicted and true noise.

    Shape:
        prediction, clean (B, C, H, W) -> scalar

    Raises:
        ValueError: the shapes differ (they would be broadcast otherwise).
    """
    _check_shapes(prediction, clean)
    return F.mse_loss(prediction, clean)


def psnr_loss(prediction: Tensor, clean: Tensor, floor: float = 1e-5) -> Tensor:
    """Return the mean over the images of their squared error in decibels: the negative PSNR.

    Under the squared error itself an image with noise of level 50 weighs a hundred times as much as one with
    level 5, and a network for all levels hardly learns the low ones. In decibels a tenth less error counts
    equally at every level. As a training loss in Chen et al., HINet, CVPR Workshops 2021.

    Args:
        prediction: values about [0, 1].
        clean: values in [0, 1].
        floor: added to the squared error; below it, at 50 dB by default, nothing more is gained.

    Shape:
        prediction, clean (B, C, H, W) -> scalar

    Raises:
        ValueError: the shapes differ.
    """
    _check_shapes(prediction, clean)
    errors = (prediction - clean).square().flatten(1).mean(1)  # (B,)
    return 10 * (errors + floor).log10().mean()


LOSSES: dict[LossName, Callable[[Tensor, Tensor], Tensor]] = {"l2": l2_loss, "psnr": psnr_loss}


def _check_shapes(prediction: Tensor, clean: Tensor) -> None:
    if prediction.shape != clean.shape:
        shapes = f"prediction {tuple(prediction.shape)} and clean {tuple(clean.shape)}"
        raise ValueError(f"{shapes} differ in shape")
