"""Opening a data set, whatever its layout: frames of colour and depth by number."""

from pathlib import Path

from indexnet_depth.data.folder import DEPTH, RGB, FolderFrames, find_folder
from indexnet_depth.data.frame import Frame, Frames, Split
from indexnet_depth.data.hdf5 import Hdf5Frames, is_frame
from indexnet_depth.data.nyu_labeled_mat import LABELED_MAT, NyuLabeledFrames
from indexnet_depth.data.sun_rgbd import DEPTH as BFX
from indexnet_depth.data.sun_rgbd import SunRgbdFrames, has_frames
from indexnet_depth.data.synthetic import SyntheticFrames
from indexnet_depth.data.units import Unit, parse_unit
from indexnet_engine.errors import UserError
from indexnet_engine.images.sample_photos import is_builtin

__all__ = ["Frame", "Frames", "Split", "open_data"]

_SPLIT_FOLDERS: dict[Split, tuple[str, ...]] = {"train": ("train",), "val": ("val", "test")}


def open_data(source: str, split: Split, unit: str | None = None, *, otherwise: str | None = None) -> Frames:
    """Open a data set.

    Args:
        source: one of

            - ``"builtin"``: rooms of planes and boxes with exact depth; nothing is downloaded;
            - a folder of HDF5 files, one a frame (``rgb`` (3, H, W) uint8, ``depth`` (H, W) float metres), in
              any subfolders of ``train/`` and ``val/``: NYUv2 as FastDepth takes it;
            - ``nyu_depth_v2_labeled.mat``, or its folder, with the official ``splits.mat`` beside it;
            - SUN RGB-D: frames with ``image/`` and ``depth_bfx/`` in any subfolders, with the toolbox's
              ``allsplit.mat`` for the official split (its test half is ``val``), if it is there;
            - a folder with ``rgb/`` and ``depth/``, files of equal names, with a stated unit.

            A folder with ``train/`` and ``val/`` (or ``test/``) is opened by ``split``; without them both
            splits are the whole folder (``Frames.splits`` is False).
        split: ``"train"`` or ``"val"``.
        unit: of the stored depths. None is the format's own (metres in HDF5 and .mat; rotated millimetres in
            SUN RGB-D) and refused for a plain folder, for there nothing tells. ``builtin`` needs none.
        otherwise: unit of a plain folder for which ``unit`` is None; formats with a unit keep theirs.

    Raises:
        UserError: nothing there, none of these layouts, a frame without its partner, no unit.
    """
    parsed = None if unit is None else parse_unit(unit)
    plain = parsed if otherwise is None or parsed is not None else parse_unit(otherwise)
    if is_builtin(source):
        return SyntheticFrames(split)
    path = Path(source)
    if not path.exists():
        raise UserError(f"{source}: no such file or folder")
    if path.is_file():
        if path.suffix.lower() != ".mat":
            raise UserError(f"{source}: a file; expected a folder of frames, or {LABELED_MAT}")
        return NyuLabeledFrames(path, split, parsed)
    if (path / LABELED_MAT).is_file():
        return NyuLabeledFrames(path / LABELED_MAT, split, parsed)
    halves = {name: find_folder(path, folders) for name, folders in _SPLIT_FOLDERS.items()}
    for name, half in halves.items():
        if half is None and any(halves.values()):
            there = next(other.name for other in halves.values() if other)
            raise UserError(f"{source}: {there}/ is there, but no {name}/; give the folder {source}/{there}")
    if half := halves[split]:
        return _open_folder(half, split, parsed, plain, splits=True)
    return _open_folder(path, split, parsed, plain, splits=False)


def _open_folder(path: Path, split: Split, unit: Unit | None, plain: Unit | None, *, splits: bool) -> Frames:
    """Open a folder by what is in it; ``plain`` is the unit of rgb/ and depth/."""
    if find_folder(path, RGB) and find_folder(path, DEPTH) and not (path / BFX).is_dir():
        return FolderFrames(path, plain, splits=splits)
    if any(map(is_frame, path.rglob("*"))):
        return Hdf5Frames(path, unit, splits=splits)
    if has_frames(path):
        frames = SunRgbdFrames(path, split, unit)
        frames.splits = frames.splits or splits
        return frames
    if find_folder(path, RGB) or find_folder(path, DEPTH):
        return FolderFrames(path, plain)
    raise UserError(
        f"{path}: none of the layouts that are understood: rgb/ and depth/, HDF5 frames, {LABELED_MAT} with "
        "splits.mat, or SUN RGB-D (image/ and depth_bfx/)"
    )
