"""Convert an archive of NYUv2 into HDF5 files, one for each frame, for ``indexnet-depth``.

    python -m tools.prepare.nyu_depth nyu_depth_v2_labeled.mat data/nyu      # splits.mat beside it
    python -m tools.prepare.nyu_depth nyudepthv2.tar.gz data/nyu             # FastDepth's own archive
    indexnet-depth train --config paper --data.train data/nyu ...

The labelled file holds 1,449 frames with filled depth, by the official split 795 for training and 654 for
testing; FastDepth's archive holds about 48,000 raw frames for training, and the same 654. Frames are written
to ``train/`` and ``val/``. Existing files are kept, so that an interrupted run continues.
"""

import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from indexnet_depth.data.frame import Split
from indexnet_depth.data.hdf5 import SUFFIXES
from indexnet_depth.data.nyu_labeled_mat import SPLITS, NyuLabeledFrames
from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors
from indexnet_engine.progress import progress_bar
from tools.command import new_parser, run
from tools.prepare.depth_frames import HALVES, count_text, write_halves


def main() -> None:
    """Write both halves."""
    parser = new_parser("tools.prepare.nyu_depth", __doc__)
    parser.add_argument(
        "archive", type=Path, help=f"nyu_depth_v2_labeled.mat (with {SPLITS}), or the .tar.gz"
    )
    parser.add_argument("out", type=Path, help="output folder, with train/ and val/")
    options = parser.parse_args()
    counts = prepare(options.archive, options.out)
    print(count_text(options.out, counts))


def prepare(archive: Path, out: Path) -> dict[Split, int]:
    """Write the frames of an archive and count them.

    Raises:
        UserError: the archive is missing, damaged or of another data set.
    """
    if archive.suffix.lower() == ".mat":
        return from_labelled(archive, out)
    if not archive.is_file():
        raise UserError(f"{archive}: no such file")
    if not tarfile.is_tarfile(archive):
        raise UserError(f"{archive}: neither a .mat nor a .tar.gz file")
    return from_tar(archive, out)


def from_labelled(path: Path, out: Path) -> dict[Split, int]:
    """Write the frames of the labelled file."""
    return write_halves({half: NyuLabeledFrames(path, half) for half in HALVES}, out)


def from_tar(path: Path, out: Path) -> dict[Split, int]:
    """Unpack FastDepth's archive; a file appears only when it is complete."""
    counts = dict.fromkeys(HALVES, 0)
    try:
        # Read as a stream, since the archive has 32 GB.
        with (
            path.open("rb") as stream,
            tarfile.open(fileobj=stream, mode="r|*") as tar,
            progress_bar(path.stat().st_size, "unpacking", unit="B") as bar,
        ):
            for member in tar:
                inner = inner_path(member.name)
                if member.isfile() and inner is not None:
                    counts[_half(inner)] += 1
                    extract(tar, member, out / inner)
                bar.update(stream.tell() - bar.n)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        where = f"after {sum(counts.values())} frames, which are kept"
        raise UserError(f"{path}: truncated or damaged {where} ({' '.join(str(error).split())})") from error
    if not all(counts.values()):
        raise UserError(f"{path}: holds no HDF5 files in train/ and val/")
    return counts


def inner_path(name: str) -> Path | None:
    """Return a member's path from ``train`` or ``val`` on; None if it is not a frame.

    >>> inner_path("nyudepthv2/val/official/00001.h5").as_posix(), inner_path("nyudepthv2/../train/a.txt")
    ('val/official/00001.h5', None)
    """
    parts = PurePosixPath(name).parts
    start = next((number for number, part in enumerate(parts) if part in HALVES), None)
    if start is None or ".." in parts or PurePosixPath(name).suffix.lower() not in SUFFIXES:
        return None
    return Path(*parts[start:])


def extract(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """Write one file, unless it exists."""
    source = tar.extractfile(member)
    if source is None or (target.is_file() and target.stat().st_size == member.size):
        return
    make_folder(target.parent)
    with atomic_path(target) as temporary:
        with temporary.open("wb") as file, naming_write_errors(target):
            shutil.copyfileobj(source, file)
        if temporary.stat().st_size != member.size:
            raise EOFError(f"{member.name} ends too early")


def _half(inner: Path) -> Split:
    return "train" if inner.parts[0] == "train" else "val"


if __name__ == "__main__":
    run(main)
