"""Opening a data set, whatever its layout: frames of colour and depth by number."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frame", "Frames", "Split", "open_data"]

Split = Literal["train", "val"]


class Frame(NamedTuple):
    """A photograph and its depth."""

    image: NDArray[np.float32]
    """(H, W, 3) in [0, 1]"""
    depth: NDArray[np.float32]
    """(H, W) in metres along the optical axis; 0 where invalid"""


class Frames(Protocol):
    """Frames of a data set. Files are opened by `read` alone, so that frames travel to worker processes.

    Attributes:
        names: one a frame, sorted, unique; may contain slashes (``"kitchen_0004/00012"``).
        unit: name of the unit of the stored depths.
        layout: ``"builtin"``, ``"HDF5 frames"``, ``"labelled NYUv2"``, ``"SUN RGB-D"`` or ``"folder"``.
        splits: whether the data set says itself what is for training and what for validation; otherwise both
            splits are all of its frames, and training and test data should be given as two folders.
    """

    names: Sequence[str]
    unit: str
    layout: str
    splits: bool

    def read(self, index: int) -> Frame:
        """Read one frame.

        Raises:
            UserError: a damaged file, sizes that differ, another unit; the message names the file.
        """
        ...


def open_data(source: str, split: Split, unit: str | None = None) -> Frames:
    """Open a data set.

    Args:
        source: one of

            - ``"builtin"``: rooms of planes and boxes with exact depth; nothing is downloaded;
            - a folder of HDF5 files, one a frame (``rgb`` (3, H, W) uint8, ``depth`` (H, W) float metres), in
              any subfolders of ``train/`` and ``val/``: NYUv2 as FastDepth takes it;
            - ``nyu_depth_v2_labeled.mat``, or its folder, with the official ``splits.mat`` beside it;
            - SUN RGB-D: frames with ``image/`` and ``depth_bfx/`` (or ``depth/``) in any subfolders, with the
              toolbox's ``allsplit.mat`` for the official split (its test half is ``val``), if it is there;
            - a folder with ``rgb/`` and ``depth/``, files of equal names, with a stated unit.

            A folder with ``train/`` and ``val/`` is opened by ``split``; without them both splits are the
            whole folder (``Frames.splits`` is False).
        split: ``"train"`` or ``"val"``.
        unit: of the stored depths. None is the format's own (metres in HDF5 and .mat; rotated millimetres in
            SUN RGB-D) and refused for a plain folder, for there nothing tells. ``builtin`` needs none.

    Raises:
        UserError: nothing there, none of these layouts, a frame without its partner, no unit.
    """
    raise NotImplementedError
