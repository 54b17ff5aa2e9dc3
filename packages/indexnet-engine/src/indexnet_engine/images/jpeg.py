"""JPEG compression, there and back."""

import io
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["compress_as_jpeg"]


def compress_as_jpeg(
    pixels: NDArray[np.uint8], quality: int, subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] = "4:2:0"
) -> NDArray[np.uint8]:
    """Return the pixels as a JPEG file would give them back.

    Args:
        pixels: (H, W, 3).
        quality: 1 to 100.
        subsampling: resolution of the colours; most cameras halve it (4:2:0).
    """
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(buffer) as image:
        return np.asarray(image)
