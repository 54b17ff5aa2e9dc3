"""The registry of data sets: how a layout of frames is recognised and how it is opened."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from indexnet_depth.data.folder import DEPTH, RGB, FolderFrames, is_folder
from indexnet_depth.data.frame import Frame, Frames, Split
from indexnet_depth.data.generator.open_generated import generated_frames, is_generated
from indexnet_depth.data.hdf5 import Hdf5Frames, has_hdf5_frames
from indexnet_depth.data.nyu_labeled_mat import LABELED_MAT, NyuLabeledFrames, find_mat
from indexnet_depth.data.sun_rgbd import SunRgbdFrames, has_frames
from indexnet_depth.data.synthetic import SyntheticFrames
from indexnet_depth.data.units import Unit, parse_unit
from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import find_folder, require_folder
from indexnet_engine.images.layouts import find_layout, require_layout
from indexnet_engine.images.sample_photos import is_builtin

__all__ = ["LAYOUTS", "Frame", "Frames", "Layout", "Request", "Split", "open_data"]


class Request(NamedTuple):
    """A data set, or one of its split folders, to be opened."""

    path: Path
    split: Split
    unit: Unit | None
    """Stated unit of the stored depths."""
    plain_unit: Unit | None
    """The same for files that do not define their unit."""


class Layout(NamedTuple):
    """An entry of the registry."""

    expects: str
    """The layout in words, for errors."""
    recognises: Callable[[str | Path], bool]
    open: Callable[[Request], Frames]


LAYOUTS: dict[str, Layout] = {
    "builtin": Layout("builtin", is_builtin, lambda request: SyntheticFrames(request.split)),
    "generated": Layout("generated", is_generated, lambda request: generated_frames(request.split)),
    "nyu_labeled_mat": Layout(
        f"{LABELED_MAT} with splits.mat",
        lambda source: find_mat(source) is not None,
        lambda request: NyuLabeledFrames(find_mat(request.path) or request.path, request.split, request.unit),
    ),
    "folder": Layout(
        "rgb/ and depth/", is_folder, lambda request: FolderFrames(request.path, request.plain_unit)
    ),
    "hdf5": Layout("HDF5 frames", has_hdf5_frames, lambda request: Hdf5Frames(request.path, request.unit)),
    "sun_rgbd": Layout(
        "SUN RGB-D (image/ and depth_bfx/)",
        has_frames,
        lambda request: SunRgbdFrames(request.path, request.split, request.unit),
    ),
}
"""The layouts in the order in which they are tried."""

_SPLIT_FOLDERS: dict[Split, tuple[str, ...]] = {"train": ("train",), "val": ("val", "test")}


def open_data(source: str, split: Split, unit: str | None = None, *, otherwise: str | None = None) -> Frames:
    """Open a data set.

    Args:
        source: one of

            - ``"builtin"``: rooms of planes and boxes with exact depth; nothing is downloaded;
            - ``"generated"``: furnished rooms, likewise (`indexnet_depth.data.generator`);
            - a folder of HDF5 files, one a frame (``rgb`` (3, H, W) uint8, ``depth`` (H, W) float metres), in
              any subfolders of ``train/`` and ``val/``: NYUv2 as FastDepth takes it;
            - ``nyu_depth_v2_labeled.mat``, or its folder, with the official ``splits.mat`` beside it;
            - SUN RGB-D: frames with ``image/`` and ``depth_bfx/`` in any subfolders, with the toolbox's
              ``allsplit.mat`` for the official split (its test half is ``val``), if it is there;
            - a folder with ``rgb/`` and ``depth/``, files of equal names, with a stated unit.

            A folder with ``train/`` and ``val/`` (or ``test/``) is opened by ``split``; without them both
            splits are the whole folder (``Frames.splits`` is False).
        split: ``"train"`` or ``"val"``.
        unit: unit of the stored depths. None takes the format's own (metres in HDF5 and .mat; rotated
            millimetres in SUN RGB-D) and is an error for a plain folder, which does not define it.
            ``builtin`` and ``generated`` need none.
        otherwise: unit of a plain folder for which ``unit`` is None; formats with a unit keep theirs.

    Raises:
        UserError: no such file or folder, none of these layouts, a frame without its partner, no unit.
    """
    parsed = None if unit is None else parse_unit(unit)
    plain = parsed if otherwise is None or parsed is not None else parse_unit(otherwise)
    part = _split_folder(source, split)
    where = source if part is None else part
    layout = find_layout(where, LAYOUTS) or _refuse(Path(where))
    frames = layout.open(Request(Path(where), split, parsed, plain))
    if part is not None:
        frames.splits = True
    return frames


def _split_folder(source: str, split: Split) -> Path | None:
    """Return ``train/`` or ``val/`` of a data set, or None where it has no such folders.

    Raises:
        UserError: it has only one of the two.
    """
    if is_builtin(source) or is_generated(source) or find_mat(source):
        return None
    folders = {name: find_folder(source, names) for name, names in _SPLIT_FOLDERS.items()}
    for name, folder in folders.items():
        if folder is None and any(folders.values()):
            there = next(other.name for other in folders.values() if other)
            raise UserError(f"{source}: {there}/ exists, but not {name}/; give the folder {source}/{there}")
    return folders[split]


def _refuse(path: Path) -> Layout:
    """Return the error for a path of unknown layout; it names the missing folder where that is clear."""
    if path.is_file():
        raise UserError(f"{path}: a file; expected a folder of frames, or {LABELED_MAT}")
    if find_folder(path, RGB) or find_folder(path, DEPTH):
        require_folder(path, RGB, "photographs")
        require_folder(path, DEPTH, "depth maps")
    return require_layout(path, LAYOUTS)
