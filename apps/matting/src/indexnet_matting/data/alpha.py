"""Alpha mattes as files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image

__all__ = ["read_alpha"]


def read_alpha(path: str | Path) -> NDArray[np.float32]:
    """Read a matte; of three equal channels, as many tools write them, one is taken.

    Returns:
        float32 (H, W) in [0, 1]; 16-bit files keep their 16 bits.

    Raises:
        UserError: the file cannot be read, or its channels differ, so that none of them is the matte.
    """
    image = read_image(path)
    if image.shape[2] == 4:
        if image[..., 3].min() < 1:
            raise UserError(f"{path}: has transparency of its own; save the matte as a gray image")
        image = image[..., :3]
    if image.shape[2] == 3 and not (image == image[..., :1]).all():
        raise UserError(f"{path}: its channels differ, so this is no matte; save it as a gray image")
    return np.ascontiguousarray(image[..., 0])
