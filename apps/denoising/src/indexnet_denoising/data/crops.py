"""Patches cut at random places from photographs that are kept in memory.

For large photographs, whose file of patches (`indexnet_denoising.data.patches`) would be too large.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.data.open_data import image_files
from indexnet_denoising.data.patches import check_recipe, scaled
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image
from indexnet_engine.images.sample_photos import Split

__all__ = ["Crops", "scaled_images"]


def scaled_images(
    data: str,
    size: int,
    *,
    split: Split = "train",
    channels: Literal[1, 3] = 1,
    scales: Sequence[float] = (1.0,),
) -> list[NDArray[np.uint8]]:
    """Read all images of a data set at every scale; without versions that are smaller than a patch.

    Args:
        data: as for `indexnet_denoising.data.open_data.image_files`.
        size: side of a patch in pixels.
        split: split of the builtin photographs.
        channels: 1 for gray, 3 for colour.
        scales: factors by which images are resized, with antialiasing.

    Returns:
        uint8 (H, W, C), image by image.

    Raises:
        UserError: an unreadable image, or an invalid recipe, or no version is large enough.
    """
    check_recipe(size, 1, scales)
    versions = (
        scaled(read_image(file, channels), scale)
        for file in image_files(data, split).values()
        for scale in scales
    )
    images = [version for version in versions if min(version.shape[:2]) >= size]
    if not images:
        raise UserError(
            f"{data}: no image is {size}x{size} or larger at scales {list(scales)}; add a larger scale"
        )
    return images


class Crops:
    """Random patches of images of many sizes.

    An index chooses the image: each has as many indices as it holds patches side by side, so that all areas
    count alike. The place inside the image is drawn.

    Args:
        images: uint8 (H, W, C), none smaller than a patch.
        size: side of a patch in pixels.

    >>> crops = Crops([np.zeros((8, 8, 1), np.uint8), np.ones((4, 12, 1), np.uint8)], 4)
    >>> len(crops), [int(crops.cut(index, np.random.default_rng(0)).max()) for index in (3, 4)]
    (7, [0, 1])
    """

    def __init__(self, images: Sequence[NDArray[np.uint8]], size: int) -> None:
        self.images = images
        self.size = size
        counts = [(image.shape[0] // size) * (image.shape[1] // size) for image in images]
        self._ends = np.cumsum(counts)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def cut(self, index: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Cut a patch at a place that is drawn, from the image of the index.

        Returns:
            A view (size, size, C).
        """
        image = self.images[int(np.searchsorted(self._ends, index, side="right"))]
        top, left = (int(rng.integers(side - self.size + 1)) for side in image.shape[:2])
        return image[top : top + self.size, left : left + self.size]
