"""Labelled images, whatever their layout on disk."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexnet_segmentation.data.classes import Classes

__all__ = ["LabelledImages", "Split", "data_splits", "open_data"]

Split = Literal["train", "val", "test"]


class LabelledImages(ABC):
    """Images with labels, read one at a time.

    Attributes:
        source: the data as the user named them.
        classes: names and colours.
        names: of the images, all different; in the order of their numbers.
    """

    source: str
    classes: Classes
    names: list[str]

    def __len__(self) -> int:
        return len(self.names)

    @abstractmethod
    def read(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Read an image (H, W, 3) in [0, 1] and its label (H, W): 0 … classes - 1, or `IGNORE`.

        Raises:
            UserError: a bad file, sizes that differ, a number that is no class; the file is named.
        """

    def files(self, index: int) -> tuple[Path, Path] | None:
        """Give the files of image and label; None where they are not files."""
        return None


def data_splits(source: str | Path) -> tuple[Split, ...]:
    """Tell which splits a data set has; a folder without splits counts as each of them."""
    raise NotImplementedError


def open_data(source: str | Path, split: Split, labels: str | None = None) -> LabelledImages:
    """Open a data set.

    Args:
        source: ``"builtin"``; CamVid in SegNet's layout; SUN RGB-D as it unpacks, or as
            ``tools/prepare_sunrgbd.py`` writes it; or a folder with ``image/`` and ``label/``, which may lie in
            ``train/``, ``val/`` and ``test/``.
        split: which part. A folder without parts is taken as it is.
        labels: a name of `KNOWN` or a ``classes.yaml`` that says what the numbers in the label files mean. By
            default ``classes.yaml`` in the folder; never guessed.

    Raises:
        UserError: none of these layouts, the split is not there, or files are missing.
    """
    raise NotImplementedError
