"""SUN RGB-D as unpacked: ``SUNRGBD/`` with the frames beside ``SUNRGBDtoolbox/`` with labels and split.

The files read are ``traintestSUNRGBD/allsplit.mat`` (the official split, 5,285 and 5,050 frames),
``Metadata/SUNRGBDMeta.mat`` (the order of the frames) and ``Metadata/SUNRGBD2Dseg.mat`` (labels 0 to 37 in
that order, 0 for void; HDF5, so one is read at a time). Images are the RGB ones, ``FRAME/image/*.jpg``. The
listing takes a while and is cached.
"""

import hashlib
import json
import posixpath
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import scipy.io
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.files import one_at_a_time, write_text
from indexnet_engine.images.folders import cache_folder
from indexnet_engine.images.image_file import read_image, require_same_size
from indexnet_segmentation.data.label_files import KNOWN, LabelValues, class_numbers
from indexnet_segmentation.data.labelled_images import LabelledImages, Split

__all__ = [
    "TOOLBOX_FILES",
    "Frame",
    "SunRgbd",
    "is_sun_rgbd",
    "list_frames",
    "open_sun_rgbd",
    "read_numbers_of",
    "toolbox_of",
]

SPLITS: tuple[Split, ...] = ("train", "test")


class ToolboxFiles(NamedTuple):
    """Paths of the files that are read, relative to the toolbox."""

    split: str = "traintestSUNRGBD/allsplit.mat"
    frames: str = "Metadata/SUNRGBDMeta.mat"
    labels: str = "Metadata/SUNRGBD2Dseg.mat"


TOOLBOX_FILES = ToolboxFiles()


class Frame(NamedTuple):
    """One frame.

    Attributes:
        path: path of the RGB image, relative to the folder that holds ``SUNRGBD/``.
        number: its index in the file of labels.
    """

    path: str
    number: int

    @property
    def name(self) -> str:
        """Name of the frame, with its folders: ``kv1-NYUdata-NYU0001``."""
        return "-".join(Path(self.path).parts[1:-2])


class SunRgbd(LabelledImages):
    """A split of SUN RGB-D; labels are read from the toolbox's own file.

    Args:
        root: the folder that holds ``SUNRGBD/`` and ``SUNRGBDtoolbox/``.
        frames: frames of the split.
    """

    classes, _values = KNOWN["sun37-from-1"]

    def __init__(self, root: Path, frames: list[Frame]) -> None:
        self.source = str(root)
        self.names = [frame.name for frame in frames]
        self._root = root
        self._frames = frames
        self._labels = toolbox_of(root) / TOOLBOX_FILES.labels

    def read(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Read an image and its label; see the base class."""
        frame = self._frames[index]
        path = self._root / frame.path
        image = read_image(path, 3)
        name = f"{self._labels} ({frame.name})"
        label = class_numbers(read_numbers_of(self._labels, frame), self.classes, self._values, name)
        require_same_size(name, label, path, image)
        return image, label

    def files(self, index: int) -> tuple[Path, Path]:
        """Return the files that hold image and label."""
        return self._root / self._frames[index].path, self._labels

    def numbering(self) -> LabelValues:
        """Return the numbers of the classes in the label files."""
        return self._values


def is_sun_rgbd(root: str | Path) -> bool:
    """Return whether a folder has this layout."""
    return Path(root, "SUNRGBD").is_dir() and Path(root, "SUNRGBDtoolbox").is_dir()


def toolbox_of(root: Path) -> Path:
    """Return the toolbox's folder; its archive holds a folder of the same name."""
    inner = root / "SUNRGBDtoolbox" / "SUNRGBDtoolbox"
    return inner if inner.is_dir() else inner.parent


def open_sun_rgbd(root: Path, split: Split, cache_dir: Path | None = None) -> SunRgbd:
    """Open a split of the official layout.

    Args:
        root: the folder that holds ``SUNRGBD/`` and ``SUNRGBDtoolbox/``.
        split: ``train`` or ``test``; there is no official ``val``.
        cache_dir: folder for the listing; by default ``$INDEXNET_CACHE/segmentation``.

    Raises:
        UserError: a file is missing or damaged, or the split does not exist.
    """
    if split not in SPLITS:
        raise UserError(f"{root}: SUN RGB-D has no {split} split; there is {', '.join(SPLITS)}")
    toolbox = toolbox_of(root)
    for name in TOOLBOX_FILES:
        if not (toolbox / name).is_file():
            raise UserError(f"{toolbox / name}: no such file; unpack SUNRGBDtoolbox.zip")
    frames = _cached_frames(toolbox, cache_folder("segmentation", cache_dir))[split]
    missing = [frame.path for frame in frames if not (root / frame.path).is_file()]
    if missing:
        more = f" and {len(missing) - 1} more" if missing[1:] else ""
        raise UserError(f"{root / missing[0]}: no such image{more}; unpack SUNRGBD.zip")
    return SunRgbd(root, frames)


def list_frames(toolbox: Path) -> dict[Split, list[Frame]]:
    """Read the split and the order of the frames from the toolbox.

    Raises:
        UserError: a file is damaged, or a frame of the split is not in the list of frames.
    """
    lists = _load(toolbox / TOOLBOX_FILES.split, "alltrain", "alltest")
    meta = _load(toolbox / TOOLBOX_FILES.frames, "SUNRGBDMeta")["SUNRGBDMeta"]
    paths = [_relative(str(entry.rgbpath)) for entry in np.atleast_1d(meta)]
    numbers = {posixpath.dirname(posixpath.dirname(path)): number for number, path in enumerate(paths)}
    frames: dict[Split, list[Frame]] = {}
    for split in SPLITS:
        folders = [_relative(str(folder)) for folder in np.atleast_1d(lists[f"all{split}"])]
        strangers = [folder for folder in folders if folder not in numbers]
        if strangers:
            raise UserError(
                f"{toolbox / TOOLBOX_FILES.frames}: {len(strangers)} of {len(folders)} {split} frames are "
                f"not in it, such as {strangers[0]}; the toolbox's files do not belong together"
            )
        frames[split] = [Frame(paths[numbers[folder]], numbers[folder]) for folder in folders]
    return frames


def read_numbers_of(labels: Path, frame: Frame) -> NDArray[np.integer]:
    """Read the stored label of a frame, (H, W): 0 for void, 1 to 37.

    Raises:
        UserError: the file is damaged or does not hold the frame.
    """
    try:
        # MATLAB stores columns first, hence the transposition.
        with h5py.File(labels, "r") as file:
            reference = file["SUNRGBD2Dseg/seglabel"][frame.number, 0]
            numbers = np.asarray(file[reference]).T
    except (OSError, KeyError, ValueError, IndexError, AttributeError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{labels}: the label of {frame.name} cannot be read ({reason})") from error
    if numbers.ndim != 2 or numbers.dtype.kind not in "uif":
        raise UserError(f"{labels}: the label of {frame.name} is no array of numbers")
    return numbers.astype(np.int64)


def _load(path: Path, *names: str) -> dict[str, Any]:
    try:
        values = scipy.io.loadmat(path, squeeze_me=True, struct_as_record=False, variable_names=names)
    except Exception as error:  # the reader raises many types of errors on a broken file
        raise UserError(
            f"{path}: not a MATLAB file that can be read ({' '.join(str(error).split())})"
        ) from error
    missing = [name for name in names if name not in values]
    if missing:
        raise UserError(f"{path}: holds no {', '.join(missing)}")
    return dict(values)


def _relative(path: str) -> str:
    """Remove the part before ``SUNRGBD/`` of a path on the authors' machine.

    >>> _relative("/n/fs/sun3d/data/SUNRGBD/kv1/NYUdata//NYU0001/")
    'SUNRGBD/kv1/NYUdata/NYU0001'
    """
    before, found, after = path.partition("SUNRGBD/")
    return posixpath.normpath(found + after if found else before)


def _cached_frames(toolbox: Path, folder: Path) -> dict[Split, list[Frame]]:
    status = [(toolbox / name).stat() for name in (TOOLBOX_FILES.split, TOOLBOX_FILES.frames)]
    key = json.dumps([str(toolbox.resolve()), [(entry.st_size, entry.st_mtime_ns) for entry in status]])
    path = folder / f"sunrgbd-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
    with one_at_a_time(path):
        if not path.is_file():
            write_text(path, json.dumps(list_frames(toolbox)))
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {
            split: [Frame(str(place), int(number)) for place, number in stored[split]] for split in SPLITS
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: damaged cache file; delete it to recreate it") from error
