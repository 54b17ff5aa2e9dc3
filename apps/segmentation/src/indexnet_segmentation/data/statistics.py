"""Every label of a data set looked at once, before the first step: what is in it and what is wrong."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_segmentation.data.source import LabelledImages

__all__ = ["LabelStatistics", "label_statistics"]


@dataclass(frozen=True)
class LabelStatistics:
    """What the labels of a data set hold.

    Attributes:
        pixels: int64 (images, classes): pixels of each class in each label; median-frequency balancing
            (SegNet) needs them by image.
        void: int64 (images,): pixels without a class.
    """

    pixels: NDArray[np.int64]
    void: NDArray[np.int64]

    def absent(self) -> list[int]:
        """Numbers of the classes that never occur."""
        return np.flatnonzero(self.pixels.sum(0) == 0).tolist()


def label_statistics(images: LabelledImages, cache_dir: str | Path | None = None) -> LabelStatistics:
    """Read every image and label once, with a progress bar, and count; kept until a file changes.

    Args:
        images: a data set.
        cache_dir: where the counts are kept; by default ``$INDEXNET_CACHE/segmentation`` or
            ``~/.cache/indexnet/segmentation``.

    Raises:
        UserError: the first bad file: damaged, of another size than its image, with a number that is no class;
            or no pixel of the whole set has a class.
    """
    raise NotImplementedError
