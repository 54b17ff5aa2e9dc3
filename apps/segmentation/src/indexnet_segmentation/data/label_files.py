"""Label files: how their numbers map to classes."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors
from indexnet_engine.images.raw_values import read_numbers
from indexnet_segmentation.data.classes import CAMVID11, IGNORE, SUN37, SYNTHETIC, Classes

__all__ = ["KNOWN", "LabelValues", "class_numbers", "read_label", "write_label"]

_LARGEST = 65535
_NO_CLASS = -1


@dataclass(frozen=True)
class LabelValues:
    """Numbering of the classes in the files of a data set.

    Attributes:
        first: number of the first class; the others follow.
        void: numbers of pixels without a class; they take precedence over the others.
        beyond: count of numbers after the last class that are void, too: three where NYU-40 is taken as
            SUN-37.

    >>> LabelValues(first=1, void=(0,), beyond=3).describe(37)
    'classes are 1 to 37, void is 0 and 38 to 40'
    """

    first: int = 0
    void: tuple[int, ...] = (255,)
    beyond: int = 0

    def describe(self, count: int) -> str:
        """Describe the numbers of ``count`` classes in words."""
        last = self.first + count - 1
        void = [str(number) for number in self.void]
        if self.beyond:
            void.append(f"{last + 1} to {last + self.beyond}")
        meaning = f"void is {' and '.join(void)}" if void else "nothing is void"
        return f"classes are {self.first} to {last}, {meaning}"


KNOWN: dict[str, tuple[Classes, LabelValues]] = {
    "builtin": (SYNTHETIC, LabelValues()),
    "camvid": (CAMVID11, LabelValues(void=(11,))),
    "sun37-from-0": (SUN37, LabelValues()),
    "sun37-from-1": (SUN37, LabelValues(first=1, void=(0,))),
    "nyu40-from-0": (SUN37, LabelValues(beyond=3)),
    "nyu40-from-1": (SUN37, LabelValues(first=1, void=(0,), beyond=3)),
}
"""Classes and numbering by name.

``nyu40-from-0`` has labels 0–39 with 255 for void, ``nyu40-from-1`` 1–40 with 0 for void; both are mapped to
the 37 classes of SUN RGB-D, the last three of NYU-40 to void. ``sun37-from-1`` is how SUN RGB-D numbers its
own, ``camvid`` SegNet's version of CamVid.
"""


def read_label(path: str | Path, classes: Classes, values: LabelValues) -> NDArray[np.int64]:
    """Read a label file.

    Returns:
        int64 (H, W): 0 … classes - 1, or `IGNORE`.

    Raises:
        UserError: a bad file, a colour image, a JPEG file (whose numbers are no longer exact), or an
            undeclared number; file and number are named.
    """
    return class_numbers(read_numbers(path), classes, values, path)


def class_numbers(
    numbers: NDArray[np.integer], classes: Classes, values: LabelValues, name: str | Path
) -> NDArray[np.int64]:
    """Map the numbers of a file (H, W) to class numbers.

    Args:
        numbers: as the file holds them.
        classes: classes of the data set.
        values: numbering of the file.
        name: the file, for error messages.

    Returns:
        int64 (H, W): 0 … classes - 1, or `IGNORE`.

    Raises:
        UserError: an undeclared number.

    >>> class_numbers(np.array([[0, 1, 37, 40]]), SUN37, LabelValues(1, (0,), 3), "a.png").tolist()
    [[255, 0, 36, 255]]
    """
    within = numbers.astype(np.int64).clip(-1, _LARGEST + 1)  # -1 selects the last place of the table, too
    labels = _table(classes.count, values)[within]
    unknown = labels == _NO_CLASS
    if unknown.any():
        found = numbers[unknown]
        number = int(found.min())
        raise UserError(
            f"{name}: the number {number} ({np.count_nonzero(found == number)} pixels) is no class and not "
            f"declared as void; {values.describe(classes.count)}"
        )
    return labels


def write_label(path: str | Path, label: NDArray[np.integer], classes: Classes) -> None:
    """Write a label atomically as a palette PNG; missing parent folders are made.

    Args:
        path: ends in ``.png``.
        label: (H, W): class numbers from 0, or `IGNORE`, which is written as 255 and shown black.
        classes: classes with the colours of the palette.

    Raises:
        UserError: another suffix, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise UserError(f"{path}: labels are written as .png")
    palette = np.zeros((256, 3), np.uint8)
    palette[: classes.count] = classes.palette
    picture = Image.fromarray(label.astype(np.uint8))
    picture.putpalette(palette.tobytes())
    make_folder(path.parent)
    with naming_write_errors(path), atomic_path(path) as temporary:
        picture.save(temporary, optimize=True)


@cache
def _table(count: int, values: LabelValues) -> NDArray[np.int64]:
    """Return the class of every number from 0 to 65535, and of all other numbers in the last place."""
    table = np.full(_LARGEST + 2, _NO_CLASS)
    table[values.first : values.first + count] = np.arange(count)
    table[values.first + count : values.first + count + values.beyond] = IGNORE
    table[list(values.void)] = IGNORE
    table.flags.writeable = False
    return table
