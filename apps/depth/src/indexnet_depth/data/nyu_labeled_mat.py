"""The labelled part of NYUv2: ``nyu_depth_v2_labeled.mat`` (MATLAB v7.3) and the official ``splits.mat``.

MATLAB's axes come in reverse order: ``images`` is (N, 3, W, H) uint8, ``depths`` (N, W, H) float metres.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.io
from numpy.typing import NDArray

from indexnet_depth.data.depth_file import metres_of
from indexnet_depth.data.frame import Frame, Split
from indexnet_depth.data.hdf5 import dataset, opened, planes_to_image
from indexnet_depth.data.units import UNITS, Unit
from indexnet_engine.errors import UserError

__all__ = ["LABELED_MAT", "SPLITS", "NyuLabeledFrames", "find_mat", "read_cells", "read_splits"]

LABELED_MAT = "nyu_depth_v2_labeled.mat"
SPLITS = "splits.mat"
_KEYS: dict[Split, str] = {"train": "trainNdxs", "val": "testNdxs"}


def find_mat(source: str | Path) -> Path | None:
    """Return the ``.mat`` of a data set, given directly or by its folder; None if there is none."""
    path = Path(source)
    if path.is_file():
        return path if path.suffix.lower() == ".mat" else None
    return path / LABELED_MAT if (path / LABELED_MAT).is_file() else None


class NyuLabeledFrames:
    """One half of the official split: 795 frames to train on, 654 to test on (``val``).

    Args:
        path: the ``.mat``; ``splits.mat`` lies beside it.
        split: half of the official split.
        unit: unit of ``depths``; metres by default.

    Raises:
        UserError: one of the two is missing or damaged, or they do not belong together.
    """

    layout = "labelled NYUv2"
    splits = True

    def __init__(self, path: str | Path, split: Split, unit: Unit | None = None) -> None:
        self.path = Path(path)
        self.unit = (unit or UNITS["metre"]).name
        self._unit = unit or UNITS["metre"]
        with opened(self.path) as file:
            images, depths = (dataset(file, key, self.path) for key in ("images", "depths"))
            if (
                images.ndim != 4
                or images.shape[1] != 3
                or images.shape[:1] + images.shape[2:] != depths.shape
                or images.dtype != np.uint8
                or depths.dtype.kind != "f"
            ):
                raise UserError(
                    f"{path}: images {images.shape} {images.dtype} and depths {depths.shape} {depths.dtype}; "
                    "expected (N, 3, W, H) uint8 and (N, W, H) floats"
                )
            count = len(images)
        numbers = read_splits(self.path.with_name(SPLITS), count)[split]
        self.names: Sequence[str] = [f"{number:04}" for number in numbers]
        self._positions = [number - 1 for number in numbers]

    def read(self, index: int) -> Frame:
        """Read one frame out of the file."""
        position, where = self._positions[index], f"{self.path}: frame {self.names[index]}"
        with opened(self.path) as file:
            image = np.asarray(file["images"][position]).transpose(0, 2, 1)
            stored = np.asarray(file["depths"][position]).T
        depth = np.ascontiguousarray(metres_of(stored, self._unit, where))
        return Frame(planes_to_image(image), depth)


def read_splits(path: str | Path, count: int) -> dict[Split, list[int]]:
    """Read the official split: the numbers of the frames, from 1 on, of both halves.

    Args:
        path: ``splits.mat``.
        count: number of frames that there are.

    Raises:
        UserError: it is missing, damaged, holds no split, or names missing or repeated frames.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; it defines the official split")
    content = read_cells(path)
    splits: dict[Split, list[int]] = {}
    for split, key in _KEYS.items():
        if key not in content:
            raise UserError(f"{path}: holds no {key!r}")
        values = np.asarray(content[key]).ravel()
        numbers = [int(number) for number in values] if values.dtype.kind in "iuf" else []
        if not numbers or min(numbers) < 1 or max(numbers) > count:
            raise UserError(f"{path}: {key} must be numbers from 1 to {count}, the frames that there are")
        splits[split] = sorted(numbers)
    if len(set(splits["train"]) | set(splits["val"])) < len(splits["train"]) + len(splits["val"]):
        raise UserError(f"{path}: lists a frame twice")
    return splits


def read_cells(path: Path) -> dict[str, NDArray[np.generic]]:
    """Read a small MATLAB file (up to v7): name -> array.

    Raises:
        UserError: it is not a MATLAB file, or damaged.
    """
    try:
        return scipy.io.loadmat(path)
    except NotImplementedError as error:
        raise UserError(f"{path}: a MATLAB v7.3 file; expected the original one (v7 or older)") from error
    except Exception as error:  # scipy raises many types of errors on a broken file
        raise UserError(f"{path}: not a MATLAB file, or damaged") from error
