"""Labelled images, independent of their layout on disk."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.images.image_file import read_image, require_same_size
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.data.label_files import LabelValues, read_label

__all__ = ["FileImages", "ImageAndLabel", "LabelledImages", "Split"]

Split: TypeAlias = Literal["train", "val", "test"]


class LabelledImages(ABC):
    """Images with labels, read one at a time.

    Attributes:
        source: the data as the user named them.
        classes: names and colours.
        names: unique names of the images, in the order of their indices.
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
        """Return the files that hold image and label; None if they do not come from files."""
        return None

    def numbering(self) -> LabelValues:
        """Return the numbers of the classes in the label files."""
        return LabelValues()


class ImageAndLabel(NamedTuple):
    """The files of one image."""

    name: str
    image: Path
    label: Path


class FileImages(LabelledImages):
    """Labelled images in pairs of files.

    Args:
        source: the data as the user named them.
        pairs: the files.
        classes: names and colours.
        values: numbering of the label files.
    """

    def __init__(
        self, source: str | Path, pairs: Sequence[ImageAndLabel], classes: Classes, values: LabelValues
    ) -> None:
        self.source = str(source)
        self.classes = classes
        self.names = [pair.name for pair in pairs]
        self._pairs = list(pairs)
        self._values = values

    def read(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Read an image and its label; see the base class."""
        _, image_file, label_file = self._pairs[index]
        image = read_image(image_file, 3)
        label = read_label(label_file, self.classes, self._values)
        require_same_size(label_file, label, image_file, image)
        return image, label

    def files(self, index: int) -> tuple[Path, Path]:
        """Return the files of image and label."""
        return self._pairs[index].image, self._pairs[index].label

    def numbering(self) -> LabelValues:
        """Return the numbers of the classes in the label files."""
        return self._values
