"""What the networks take: the image as ImageNet's networks want it."""

from torch import Tensor

from indexnet_core import ShapeError

__all__ = ["MEAN", "STD", "network_input"]

MEAN = (0.485, 0.456, 0.406)
"""ImageNet's mean of R, G and B in [0, 1]."""

STD = (0.229, 0.224, 0.225)
"""ImageNet's standard deviation of R, G and B in [0, 1]."""


def network_input(image: Tensor) -> Tensor:
    """Normalise an image in [0, 1].

    Shape: (B, 3, H, W) -> (B, 3, H, W)

    Raises:
        ShapeError: if it is no batch of RGB images.

    >>> import torch
    >>> network_input(torch.zeros(1, 3, 1, 1)).flatten()
    tensor([-2.1179, -2.0357, -1.8044])
    """
    if image.ndim != 4 or image.shape[1] != 3:
        raise ShapeError(f"expected images (B, 3, H, W), got {tuple(image.shape)}")
    mean, std = (image.new_tensor(values)[:, None, None] for values in (MEAN, STD))
    return (image - mean) / std
