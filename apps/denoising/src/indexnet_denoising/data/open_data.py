"""Where images come from: a folder of anybody's, or the builtin photographs."""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.images.folders import images_by_name
from indexnet_engine.images.image_file import read_image
from indexnet_engine.images.sample_photos import Split, is_builtin, photograph_files


def image_files(data: str | Path, split: Split = "train") -> dict[str, Path]:
    """List the images of a data set, by name.

    Args:
        data: ``"builtin"``, a folder (flat, any mixture of formats) or one image file. A folder that is
            called so is given as ``./builtin``.
        split: which of the builtin photographs; a folder is taken as it is.

    Returns:
        Name (file name without suffix) -> path, sorted by name.

    Raises:
        UserError: nothing there, no images, or two files that differ in their suffix alone.
    """
    if is_builtin(data):
        return photograph_files(split)
    return images_by_name(data)


def load_images(
    data: str | Path, split: Split = "train", channels: Literal[1, 3] = 1
) -> dict[str, NDArray[np.float32]]:
    """Read all images of a data set (`image_files`) into memory.

    Returns:
        Name -> float32 (H, W, C) in [0, 1], with the channels asked for.

    >>> images = load_images("builtin", "test")
    >>> images["chelsea"].shape
    (300, 451, 1)
    """
    return {name: read_image(path, channels) for name, path in image_files(data, split).items()}
