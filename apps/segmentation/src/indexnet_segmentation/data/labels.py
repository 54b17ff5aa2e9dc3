"""Label files: which numbers in them mean which class."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_segmentation.data.classes import Classes

__all__ = ["KNOWN", "LabelValues", "describe_labels", "read_classes", "read_label", "write_label"]


@dataclass(frozen=True)
class LabelValues:
    """How classes are numbered in the files of a data set.

    Attributes:
        first: number of the first class; the others follow.
        void: numbers of pixels without a class.
        beyond: how many numbers after the last class are void, too: three where NYU-40 is taken as SUN-37.
    """

    first: int = 0
    void: tuple[int, ...] = (255,)
    beyond: int = 0


KNOWN: dict[str, tuple[Classes, LabelValues]] = {}
"""Classes and numbering by name: camvid, sun37-from-0, sun37-from-1, nyu40-from-0, nyu40-from-1.

``nyu40-from-0`` has labels 0–39 with 255 for void, ``nyu40-from-1`` 1–40 with 0 for void; both are mapped to
the 37 classes of SUN RGB-D.
"""


def describe_labels(source: str | Path) -> tuple[Classes, LabelValues]:
    """Give classes and numbering by a name of `KNOWN`, or from a ``classes.yaml``.

    Raises:
        UserError: neither; or what the file says makes no sense.
    """
    raise NotImplementedError


def read_classes(path: str | Path) -> Classes:
    """Read names and colours from a ``classes.yaml``; see `describe_labels`."""
    return describe_labels(Path(path))[0]


def read_label(path: str | Path, classes: Classes, values: LabelValues) -> NDArray[np.int64]:
    """Read a label file.

    Returns:
        int64 (H, W): 0 … classes - 1, or `IGNORE`.

    Raises:
        UserError: a bad file, a picture in colours, or a number that means nothing; file and number are named.
    """
    raise NotImplementedError


def write_label(path: str | Path, label: NDArray[np.integer], classes: Classes) -> None:
    """Write a label (H, W) atomically as a palette PNG: class numbers from 0, 255 for `IGNORE`."""
    raise NotImplementedError
