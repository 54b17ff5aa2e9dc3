"""The training loss of Section 5.4: ℓ1 over the pixels whose depth is known."""

import torch
from torch import Tensor

__all__ = ["depth_loss", "l1_loss", "valid_pixels"]


def depth_loss(prediction: Tensor, depth: Tensor) -> dict[str, Tensor]:
    """Return the losses by name: ``loss``, the mean absolute error in metres.

    Arguments as for `l1_loss`.
    """
    return {"loss": l1_loss(prediction, depth)}


def l1_loss(prediction: Tensor, depth: Tensor) -> Tensor:
    """Return the mean of |d − g| over all valid pixels of the batch, as FastDepth's.

    In float32 also under mixed precision. A batch without valid pixels gives 0, and no gradient.

    Args:
        prediction: depth in metres (B, 1, H, W).
        depth: the truth in metres; see `valid_pixels`.

    Raises:
        ValueError: the shapes differ (they would be broadcast otherwise).

    >>> l1_loss(torch.full((1, 1, 1, 3), 2.5), torch.tensor([[[[2.0, 0.0, torch.nan]]]])).item()
    0.5
    """
    if prediction.shape != depth.shape:
        raise ValueError(f"prediction {tuple(prediction.shape)} and depth {tuple(depth.shape)} do not fit")
    valid = valid_pixels(depth)
    # Selected before subtracting: not-a-number times zero would still be not-a-number.
    truth = torch.where(valid, depth.float(), 0.0)
    errors = (prediction.float() - truth).abs() * valid
    return errors.sum() / valid.sum().clamp(min=1)


def valid_pixels(depth: Tensor) -> Tensor:
    """Return which pixels have a depth: those that are neither 0, negative, infinite nor not a number."""
    return (depth > 0) & depth.isfinite()
