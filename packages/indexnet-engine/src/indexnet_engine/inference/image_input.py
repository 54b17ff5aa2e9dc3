"""Convert images in NumPy arrays, PIL images or tensors to one kind of array."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import convert_channels, in_unit_range, stored_pixels

__all__ = ["ImageLike", "as_image", "as_pixels"]

ImageLike = NDArray[Any] | Image.Image | Tensor
"""(H, W), (H, W, 1), (H, W, 3) or (H, W, 4) in NumPy, a PIL image, or a tensor (C, H, W).

8-bit and 16-bit integers cover their whole range, floats are in [0, 1].
"""


def as_image(
    image: ImageLike, channels: Literal[1, 3] | None = None, *, in_range: bool = True
) -> NDArray[np.float32]:
    """Convert an image to float32 (H, W, C) in [0, 1].

    Args:
        image: see `ImageLike`. Transparency is composited over white.
        channels: 1 for gray, 3 for colour, converted as `convert_channels` does; by default those of the
            image.
        in_range: whether floats outside [0, 1] are refused; noisy images may have them.

    Raises:
        UserError: the type or shape is unsupported, or floats have another scale.

    >>> as_image(np.full((2, 3), 255, np.uint8)).shape, as_image(Image.new("RGB", (3, 2), "red")).max()
    ((2, 3, 1), np.float32(1.0))
    """
    values = in_unit_range(as_pixels(image, in_range=in_range))
    if channels is None and values.shape[2] == 4:
        channels = 3
    return values if channels is None else convert_channels(values, channels)


def as_pixels(image: ImageLike, *, in_range: bool = True) -> NDArray[np.generic]:
    """Convert an image to an array (H, W, C) with the numbers that it has, which need the least memory.

    Args:
        image: see `ImageLike`.
        in_range: as in `as_image`, which converts the result or any part of it further.

    Returns:
        uint8 or uint16, which cover their whole range, or floats in [0, 1]; with 1, 3 or 4 channels.

    Raises:
        UserError: the type or shape is unsupported, or floats have another scale.

    >>> as_pixels(np.full((2, 3), 255, np.uint8)).dtype, as_pixels(np.zeros((2, 3))).dtype
    (dtype('uint8'), dtype('float64'))
    """
    if isinstance(image, Image.Image):
        return stored_pixels(image)
    return _checked(_channels_last(image) if isinstance(image, Tensor) else image, in_range)


def _channels_last(image: Tensor) -> NDArray[Any]:
    if image.ndim != 3:
        raise UserError(f"the image: expected a tensor (C, H, W), got {tuple(image.shape)}")
    values: NDArray[Any] = image.detach().permute(1, 2, 0).cpu().numpy()
    return values


def _checked(image: NDArray[Any], in_range: bool) -> NDArray[np.generic]:
    values = image[..., None] if image.ndim == 2 else image
    if values.ndim == 3 and values.shape[2] in (1, 3, 4) and values.size:
        if values.dtype in (np.uint8, np.uint16):
            return values
        if values.dtype.kind == "f" and (not in_range or (values.min() >= 0 and values.max() <= 1)):
            return values
    extent = f" from {image.min():g} to {image.max():g}" if image.size else ""
    raise UserError(
        f"the image: expected uint8, uint16 or floats (H, W, 3) in [0, 1], got {image.dtype} {image.shape}"
        f"{extent}"
    )
