"""SUN RGB-D: a folder per frame, with ``image/`` and the refined depth in ``depth_bfx/``, in any subfolders.

Depth is a 16-bit PNG of millimetres whose bits are rotated by three (`units.UNITS`). The official split is
the toolbox's ``allsplit.mat``, which names folders in its authors' file system; they are recognised by the
part after ``SUNRGBD/``.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexnet_depth.data.depth_file import read_depth, read_rgb
from indexnet_depth.data.frame import Frame, Split, checked_frame
from indexnet_depth.data.nyu_labeled_mat import read_cells
from indexnet_depth.data.units import UNITS, Unit
from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import require_partners
from indexnet_engine.images.image_file import list_images

__all__ = [
    "ALLSPLIT", "DEPTH", "IMAGE", "SunRgbdFrames", "find_allsplit", "find_frames", "has_frames", "inner_name",
    "read_allsplit", "read_frame",
]  # fmt: skip

ALLSPLIT = "allsplit.mat"
DEPTH, IMAGE = "depth_bfx", "image"
_TOOLBOX = Path("SUNRGBDtoolbox/traintestSUNRGBD")
_KEYS: dict[Split, str] = {"train": "alltrain", "val": "alltest"}


class SunRgbdFrames:
    """The frames under a folder, of one half of the official split where that is known.

    Args:
        folder: folder of the files.
        split: half of the official split if ``allsplit.mat`` exists; otherwise all frames are listed.
        unit: unit of the depth; that of SUN RGB-D by default.
        allsplit: file of the split; searched for by default.

    Raises:
        UserError: there are no frames, a frame is incomplete, or the split contains none of them.
    """

    layout = "SUN RGB-D"

    def __init__(
        self, folder: str | Path, split: Split, unit: Unit | None = None, *, allsplit: Path | None = None
    ) -> None:
        self.folder = Path(folder)
        self._unit = unit or UNITS["sunrgbd"]
        self.unit = self._unit.name
        names = find_frames(self.folder)
        if not names:
            raise UserError(f"{folder}: no frames of SUN RGB-D (folders that hold {IMAGE}/ and {DEPTH}/)")
        allsplit = allsplit or find_allsplit(self.folder)
        self.splits = allsplit is not None
        if allsplit is not None:
            wanted = read_allsplit(allsplit)[split]
            root = self.folder.resolve()
            names = [name for name in names if wanted & {name, inner_name(root / name)}]
            if not names:
                raise UserError(f"{allsplit}: none of the frames in {folder} is in its {_KEYS[split]}")
        self.names: Sequence[str] = names

    def depth_file(self, index: int) -> Path:
        """Return the path of one depth map."""
        return _only(self.folder / self.names[index] / DEPTH)

    def read(self, index: int) -> Frame:
        """Read one frame."""
        return read_frame(self.folder / self.names[index], self._unit)


def find_frames(folder: Path) -> list[str]:
    """List the folders that are frames, by their path relative to ``folder`` (``"."`` for itself), sorted.

    Raises:
        UserError: one has depth but no image.
    """
    found: list[str] = []
    incomplete: list[str] = []
    for path, folders, _ in os.walk(folder):
        if DEPTH in folders:
            (found if IMAGE in folders else incomplete).append(Path(path).relative_to(folder).as_posix())
            folders.clear()
    require_partners(incomplete, folder, f"{IMAGE}/ beside {DEPTH}/", ())
    return sorted(found)


def read_frame(folder: Path, unit: Unit) -> Frame:
    """Read the frame in a folder with ``image/`` and ``depth_bfx/``.

    Raises:
        UserError: a folder does not hold exactly one file, damage, sizes that differ, another unit.
    """
    image, depth = _only(folder / IMAGE), _only(folder / DEPTH)
    return checked_frame(read_rgb(image), read_depth(depth, unit), depth)


def has_frames(folder: str | Path) -> bool:
    """Return whether a folder, or one below it, is a frame."""
    return any(DEPTH in folders for _, folders, _ in os.walk(folder))


def find_allsplit(folder: Path) -> Path | None:
    """Search for the official split in the folder, in the toolbox inside it, or beside it."""
    places = (folder, folder / _TOOLBOX, folder.parent / _TOOLBOX, folder.parent)
    return next((place / ALLSPLIT for place in places if (place / ALLSPLIT).is_file()), None)


def read_allsplit(path: Path) -> dict[Split, set[str]]:
    """Read the official split: names of the frames, as `inner_name` gives them, of both halves.

    Raises:
        UserError: it is damaged or holds no split.
    """
    content = read_cells(path)
    splits: dict[Split, set[str]] = {}
    for split, key in _KEYS.items():
        if key not in content:
            raise UserError(f"{path}: holds no {key!r}")
        cells = [np.asarray(cell).ravel() for cell in np.asarray(content[key], object).ravel()]
        splits[split] = {inner_name(Path(str(cell[0]))) for cell in cells if cell.size}
    return splits


def inner_name(path: Path) -> str:
    """Name of a frame: the part of its path after ``SUNRGBD``, or the whole path without that folder.

    >>> inner_name(Path("/n/fs/sun3d/data/SUNRGBD/kv1/NYUdata/NYU0001/"))
    'kv1/NYUdata/NYU0001'
    """
    parts = path.parts
    if "SUNRGBD" in parts:
        parts = parts[len(parts) - parts[::-1].index("SUNRGBD") :]
    return "/".join(parts)


def _only(folder: Path) -> Path:
    """Return the one image of a folder."""
    files = list_images(folder)
    if len(files) > 1:
        raise UserError(f"{folder}: {files[0].name} and {files[1].name}; expected one image")
    return files[0]
