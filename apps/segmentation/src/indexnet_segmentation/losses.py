"""The training loss of Section 5.3: cross-entropy over the classes, without the pixels that have no class."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_segmentation.data.classes import IGNORE

__all__ = ["BALANCES", "median_frequency_weights", "pixel_weight", "softmax_loss"]


def softmax_loss(scores: Tensor, label: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the mean cross-entropy over the pixels that have a class; 0 if none has.

    In float32 also under mixed precision. With weights it is the weighted mean, over the batch; see
    `pixel_weight`.

    Args:
        scores: scores of the network (B, C, H, W), before the softmax.
        label: int64 (B, H, W): 0 … C - 1, or `IGNORE`.
        weights: class weights, float32 (C,); see `median_frequency_weights`.

    Raises:
        ValueError: shapes do not fit.
    """
    if scores.ndim != 4 or label.shape != (scores.shape[0], *scores.shape[2:]):
        raise ValueError(f"scores {tuple(scores.shape)} and label {tuple(label.shape)} do not fit")
    total = F.cross_entropy(scores.float(), label, weights, ignore_index=IGNORE, reduction="sum")
    return total / pixel_weight(label, weights).clamp(min=torch.finfo(torch.float32).tiny)


def pixel_weight(label: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the weight that `softmax_loss` is a mean over, a float32 scalar.

    Without class weights it is the number of pixels that have a class, with them the sum of the weights of
    their classes.

    Args:
        label: int64 of any shape: 0 … C - 1, or `IGNORE`.
        weights: class weights, float32 (C,).

    >>> pixel_weight(torch.tensor([0, 2, 2, IGNORE]), torch.tensor([0.5, 1.0, 2.0]))
    tensor(4.5000)
    """
    known = label != IGNORE
    if weights is None:
        return known.sum().float()
    return (weights[torch.where(known, label, 0)] * known).sum()


def median_frequency_weights(pixels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return class weights by median-frequency balancing, as in SegNet [3].

    The frequency of a class is its share of the pixels of the images in which it occurs; its weight is the
    median of all frequencies divided by it. A class that never occurs has weight 0.

    Args:
        pixels: int64 (images, C), pixels of each class in each label.

    Raises:
        UserError: there is no pixel that has a class.

    >>> median_frequency_weights(np.array([[30, 10, 0], [20, 0, 20]]))
    array([0.8, 2. , 1. ], dtype=float32)
    """
    per_image = pixels.sum(1, keepdims=True)
    where_it_occurs = (per_image * (pixels > 0)).sum(0)
    occurs = where_it_occurs > 0
    if not occurs.any():
        raise UserError("no pixel of the training labels has a class")
    frequency = pixels.sum(0)[occurs] / where_it_occurs[occurs]
    weights = np.zeros(pixels.shape[1], np.float32)
    weights[occurs] = np.median(frequency) / frequency
    return weights


BALANCES: dict[str, Callable[[NDArray[np.int64]], NDArray[np.float32] | None]] = {
    "none": lambda _pixels: None,
    "median-frequency": median_frequency_weights,
    "root-median-frequency": lambda pixels: np.sqrt(median_frequency_weights(pixels)),
}
"""Class weights by name, from the pixels of each class in each label, int64 (images, C). The square root is a
middle way: thin and rare classes are learnt, and large ones do not shrink in their favour."""
