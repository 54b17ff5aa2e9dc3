"""Convert SUN RGB-D into HDF5 files in metres, one for each frame, for ``indexnet-depth``.

    python -m tools.prepare.sun_rgbd_depth SUNRGBD.zip SUNRGBDtoolbox.zip data/sunrgbd
    indexnet-depth train --config paper --data.train data/sunrgbd ...

Both archives may also be unpacked folders. Images and refined depth (``depth_bfx``, with its bit rotation
undone) of the official split are written to ``train/`` (5,285 frames) and ``val/`` (5,050).
``indexnet-depth`` also reads an unpacked SUN RGB-D; one file for each frame is faster. Existing files are
kept.
"""

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from indexnet_depth.data.frame import Split
from indexnet_depth.data.hdf5 import write_frame
from indexnet_depth.data.sun_rgbd import (
    ALLSPLIT,
    DEPTH,
    IMAGE,
    SunRgbdFrames,
    inner_name,
    read_allsplit,
    read_frame,
)
from indexnet_depth.data.units import UNITS
from indexnet_engine.errors import UserError
from indexnet_engine.files import naming_write_errors
from indexnet_engine.progress import progress_bar, say
from tools.command import parse_paths, run
from tools.prepare.depth_frames import HALVES, count_text, write_halves


def main() -> None:
    """Write both halves."""
    data, toolbox, out = parse_paths(
        "tools.prepare.sun_rgbd_depth",
        __doc__,
        data="SUNRGBD.zip, or the folder SUNRGBD",
        toolbox=f"SUNRGBDtoolbox.zip, its folder, or {ALLSPLIT}",
        out="output folder, with train/ and val/",
    )
    counts = prepare(data, toolbox, out)
    print(count_text(out, counts))


def prepare(data: Path, toolbox: Path, out: Path) -> dict[Split, int]:
    """Write the frames of both halves and count them.

    Raises:
        UserError: an archive is missing or damaged, or the split contains none of the frames.
    """
    for path in (data, toolbox):
        if not path.exists():
            raise UserError(f"{path}: no such file or folder")
    with TemporaryDirectory() as folder:
        allsplit = find_split(toolbox, Path(folder))
        if data.is_dir():
            return from_folder(data, allsplit, out)
        return from_zip(data, allsplit, out, Path(folder))


def from_folder(data: Path, allsplit: Path, out: Path) -> dict[Split, int]:
    """Write the frames of an unpacked data set."""
    return write_halves({half: SunRgbdFrames(data, half, allsplit=allsplit) for half in HALVES}, out)


def from_zip(data: Path, allsplit: Path, out: Path, scratch: Path) -> dict[Split, int]:
    """Write the frames of an archive; only one of them is unpacked at a time."""
    splits, counts = read_allsplit(allsplit), dict.fromkeys(HALVES, 0)
    with opened_zip(data) as archive:
        frames = frames_of(archive.namelist())
        with progress_bar(len(frames), "writing", unit="frame") as bar:
            for name, members in frames.items():
                half = next((half for half in HALVES if name in splits[half]), None)
                if half is not None:
                    counts[half] += 1
                    target = out / half / f"{name}.h5"
                    if not target.is_file():
                        _write(archive, members, name, target, scratch / "frame")
                bar.update()
    if not any(counts.values()):
        raise UserError(f"{data}: none of its {len(frames)} frames is in the split {allsplit.name}")
    if missing := sum(map(len, splits.values())) - sum(counts.values()):
        say(f"{data}: {missing} frames of the official split are not in it")
    return counts


def frames_of(members: list[str]) -> dict[str, list[str]]:
    """Sort the files of an archive into frames: name as in the split -> image and depth.

    >>> frames_of(["SUNRGBD/kv1/a/image/1.jpg", "SUNRGBD/kv1/a/depth_bfx/1.png", "SUNRGBD/kv1/a/scene.txt"])
    {'kv1/a': ['SUNRGBD/kv1/a/image/1.jpg', 'SUNRGBD/kv1/a/depth_bfx/1.png']}
    """
    frames: dict[str, list[str]] = {}
    for member in members:
        path = PurePosixPath(member)
        if path.parent.name in (IMAGE, DEPTH) and path.suffix and "__MACOSX" not in path.parts:
            frames.setdefault(inner_name(Path(path.parent.parent)), []).append(member)
    # Names come from the archive and must not point outside the folder.
    return {name: files for name, files in sorted(frames.items()) if len(files) > 1 and ".." not in name}


def find_split(toolbox: Path, scratch: Path) -> Path:
    """Find ``allsplit.mat``; unpack it from an archive into ``scratch``.

    Raises:
        UserError: the file is missing.
    """
    if toolbox.is_dir():
        found = sorted(toolbox.rglob(ALLSPLIT))
        if not found:
            raise UserError(f"{toolbox}: no {ALLSPLIT} in this folder")
        return found[0]
    if toolbox.suffix.lower() == ".mat":
        return toolbox
    with opened_zip(toolbox) as archive:
        members = [name for name in archive.namelist() if PurePosixPath(name).name == ALLSPLIT]
        if not members:
            raise UserError(f"{toolbox}: no {ALLSPLIT} in this archive")
        (scratch / ALLSPLIT).write_bytes(archive.read(members[0]))
    return scratch / ALLSPLIT


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; errors of a damaged archive in the block name it."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UserError(f"{path}: not a zip archive, or damaged ({' '.join(str(error).split())})") from error


def _write(archive: zipfile.ZipFile, members: list[str], name: str, target: Path, scratch: Path) -> None:
    """Unpack one frame, read it as the application does, and write it."""
    shutil.rmtree(scratch, ignore_errors=True)
    for member in members:
        path = PurePosixPath(member)
        place = scratch / name / path.parent.name / path.name
        with naming_write_errors(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(member))
    try:
        write_frame(target, read_frame(scratch / name, UNITS["sunrgbd"]))
    except UserError as error:
        raise UserError(f"{archive.filename}: {str(error).replace(f'{scratch}/', '')}") from error


if __name__ == "__main__":
    run(main)
