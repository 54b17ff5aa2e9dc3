"""Input of the matting networks: the normalised image and the trimap."""

import torch
from torch import Tensor

from indexnet_core import ShapeError
from indexnet_engine.models.encoder_weights import IMAGENET_MEAN, IMAGENET_STD

__all__ = ["network_input"]


def network_input(image: Tensor, trimap: Tensor) -> Tensor:
    """Normalise the image and append the trimap as the fourth channel.

    Args:
        image: RGB in [0, 1].
        trimap: 0 background, 128/255 unknown, 1 foreground.

    Shape: image (B, 3, H, W), trimap (B, 1, H, W) -> (B, 4, H, W)

    Raises:
        ShapeError: if their shapes do not match.

    >>> network_input(torch.zeros(1, 3, 1, 1), torch.ones(1, 1, 1, 1)).flatten()
    tensor([-2.1179, -2.0357, -1.8044,  1.0000])
    """
    wanted = (image.shape[0], 1, *image.shape[2:])
    if image.ndim != 4 or image.shape[1] != 3 or trimap.shape != wanted:
        raise ShapeError(
            f"expected an image (B, 3, H, W) and a trimap (B, 1, H, W), "
            f"got {tuple(image.shape)} and {tuple(trimap.shape)}"
        )
    mean, std = (image.new_tensor(values)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_STD))
    return torch.cat([(image - mean) / std, trimap.to(image.dtype)], 1)
