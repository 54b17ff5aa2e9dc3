"""NYUv2 in FastDepth's format: HDF5 files, one per frame, with ``rgb`` and ``depth``."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.depth_file import metres_of
from indexnet_depth.data.frame import Frame, checked_frame
from indexnet_depth.data.units import UNITS, Unit
from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors
from indexnet_engine.images.image_file import MAX_PIXELS

__all__ = ["SUFFIXES", "Hdf5Frames", "dataset", "has_hdf5_frames", "opened", "write_frame"]

SUFFIXES = (".h5", ".hdf5")


class Hdf5Frames:
    """The HDF5 files of a folder and its subfolders, by path.

    Args:
        folder: folder of the files.
        unit: unit of ``depth``; metres by default.

    Raises:
        UserError: there are none.
    """

    layout = "HDF5 frames"
    splits = False

    def __init__(self, folder: str | Path, unit: Unit | None = None) -> None:
        self.folder = Path(folder)
        paths = [path for path in sorted(self.folder.rglob("*")) if is_frame(path)]
        if not paths:
            raise UserError(f"{folder}: no HDF5 files ({', '.join(SUFFIXES)}) in this folder")
        self.names: Sequence[str] = [
            path.relative_to(self.folder).with_suffix("").as_posix() for path in paths
        ]
        if twins := [name for name, count in Counter(self.names).items() if count > 1]:
            raise UserError(f"{folder}: two files would share the name {twins[0]!r}; rename one of them")
        self.unit = (unit or UNITS["metre"]).name
        self._paths, self._unit = paths, unit

    def read(self, index: int) -> Frame:
        """Read one file."""
        path = self._paths[index]
        with opened(path) as file:
            rgb = dataset(file, "rgb", path)
            depth = dataset(file, "depth", path)
            if rgb.ndim != 3 or rgb.shape[0] != 3:
                turned = ", it is transposed" if rgb.ndim == 3 and rgb.shape[2] == 3 else ""
                raise UserError(f"{path}: rgb is {_size(rgb)}{turned}; expected (3, H, W)")
            if rgb.dtype != np.uint8:
                raise UserError(f"{path}: rgb is {rgb.dtype}; expected uint8")
            if depth.ndim != 2 or depth.dtype.kind not in "iuf":
                raise UserError(f"{path}: depth is {_size(depth)} {depth.dtype}; expected numbers (H, W)")
            if depth.dtype.kind != "f" and self._unit is None:
                raise UserError(f"{path}: depth holds {depth.dtype}, so it is not in metres; state its unit")
            if max(rgb.size / 3, depth.size) > MAX_PIXELS:
                raise UserError(f"{path}: rgb is {_size(rgb)}, depth {_size(depth)}: too large for an image")
            image, stored = np.asarray(rgb[()]), np.asarray(depth[()])
        metres = metres_of(stored, self._unit or UNITS["metre"], f"{path}: depth")
        return checked_frame(planes_to_image(image), metres, path)


def write_frame(path: str | Path, frame: Frame) -> None:
    """Write a frame atomically, as `Hdf5Frames` reads it; missing parent folders are made.

    Args:
        path: the file.
        frame: its image is rounded to 8 bits; depth is in metres.

    Raises:
        UserError: the file cannot be written.
    """
    path = Path(path)
    planes = np.rint(255 * frame.image).astype(np.uint8).transpose(2, 0, 1)
    make_folder(path.parent)
    with (
        naming_write_errors(path, RuntimeError),
        atomic_path(path) as temporary,
        h5py.File(temporary, "w") as file,
    ):
        for key, values in (("rgb", planes), ("depth", frame.depth.astype(np.float32))):
            file.create_dataset(key, data=values, compression="gzip", compression_opts=1)


def has_hdf5_frames(folder: str | Path) -> bool:
    """Return whether an HDF5 file is in a folder or in one below it."""
    return any(map(is_frame, Path(folder).rglob("*")))


def is_frame(path: Path) -> bool:
    """Return whether a file is a frame: an HDF5 file that is not hidden."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def planes_to_image(planes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(3, H, W) uint8 -> (H, W, 3) in [0, 1]."""
    return np.ascontiguousarray(planes.transpose(1, 2, 0), np.float32) / np.float32(255)


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading; errors inside the block name the file.

    Raises:
        UserError: it is missing, a folder, not HDF5, truncated or otherwise damaged.
    """
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, expected a file' if path.is_dir() else 'no such file'}")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except UserError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:  # for a damaged file
        raise UserError(f"{path}: {_reason(path, error)}") from error


def dataset(file: h5py.File, key: str, path: Path) -> h5py.Dataset:
    """Return an array of a file.

    Raises:
        UserError: the file has no array of this name.
    """
    found = file.get(key)
    if not isinstance(found, h5py.Dataset):
        raise UserError(f"{path}: holds no {key!r}, only {', '.join(map(repr, sorted(file))) or 'nothing'}")
    if not found.size:
        raise UserError(f"{path}: {key!r} is empty")
    return found


def _size(array: h5py.Dataset) -> str:
    return f"({', '.join(map(str, array.shape))})"


def _reason(path: Path, error: Exception) -> str:
    """Return the reason in a few words; h5py's own messages fill several lines."""
    if isinstance(error, PermissionError):
        return "no permission to read it"
    try:
        whole = h5py.is_hdf5(path)
    except Exception:
        whole = False
    if not whole:
        return "not an HDF5 file"
    return "truncated HDF5 file" if "truncated" in str(error) else "damaged HDF5 file"
