"""Merge folders of images and depth, in any units, into one folder with depth in metres.

    python -m tools.prepare.merge_depth real open3d_rgbd:millimetre slambook2_rgbd_ch12:1/5000
    indexnet-depth train --data.train real --data.unit metre

SOURCE is any data set that ``indexnet-depth`` opens; a pair of files is RGB:DEPTH:UNIT. In OUT, which must
not exist, images go to ``rgb/`` (PNG) and depth to ``depth/`` (``.npy``, float32 metres, 0 where invalid);
names are prefixed with the name of the source. ``--every N`` keeps the first of every N frames of each source
and ``--but-every N`` the others, which splits the sources into test and training frames. ``--height 250``
reduces larger frames (depth by the nearest pixel), so that they are quicker to read.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from indexnet_depth.data.depth_file import read_depth, read_rgb
from indexnet_depth.data.frame import Frame, checked_frame
from indexnet_depth.data.open_data import open_data
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image
from tools.command import new_parser, run


def main() -> None:
    """Read all frames, then write them."""
    parser = new_parser("tools.prepare.merge_depth", __doc__)
    parser.add_argument("out", type=Path, help="folder to create")
    parser.add_argument("sources", nargs="+", metavar="SOURCE:UNIT", help="data to merge, see above")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--every", type=int, metavar="N", help="keep frames 1, N+1, 2N+1, ... of a source")
    chosen.add_argument("--but-every", type=int, metavar="N", help="keep all other frames")
    parser.add_argument("--height", type=int, metavar="PIXELS", help="reduce larger frames to this height")
    options = parser.parse_args()
    count = merge(options.out, options.sources, options.every, options.but_every, options.height)
    print(f"wrote {count} frames")


def merge(
    out: Path,
    sources: list[str],
    every: int | None = None,
    but_every: int | None = None,
    height: int | None = None,
) -> int:
    """Write the folder completely or not at all; return the number of frames.

    Raises:
        UserError: a source or unit is wrong, a file damaged, no frame is left, or OUT exists.
    """
    if out.exists():
        raise UserError(f"{out}: exists already; choose another folder")
    for number in filter(None, (every, but_every)):
        if number < 2:
            raise UserError(f"--every and --but-every need at least 2, got {number}")
    if height is not None and height < 1:
        raise UserError(f"--height must be positive, got {height}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=".merge-") as temporary:
        count = 0
        for number, source in enumerate(sources):
            for index, (name, frame) in enumerate(_frames(source)):
                first = index % (every or but_every or 1) == 0
                if first == (but_every is None):
                    name = f"{number}-{name.replace('/', '-')}"
                    _write(Path(temporary, "new"), name, _smaller(frame, height))
                    count += 1
        if not count:
            raise UserError(f"{out}: no frames remain")
        Path(temporary, "new").rename(out)
    return count


def _frames(source: str) -> Iterator[tuple[str, Frame]]:
    parts = source.split(":")
    if len(parts) == 3:
        image, depth = (Path(part) for part in parts[:2])
        name = f"{image.parent.name}-{image.stem}"
        yield name, checked_frame(read_rgb(image), read_depth(depth, parts[2]), depth)
        return
    if len(parts) != 2:
        raise UserError(f"{source}: expected SOURCE:UNIT or RGB:DEPTH:UNIT")
    frames = open_data(parts[0], "train", parts[1])
    for index, name in enumerate(frames.names):
        yield f"{Path(parts[0]).name}-{name}", frames.read(index)


def _smaller(frame: Frame, height: int | None) -> Frame:
    rows, columns = frame.depth.shape
    if height is None or height >= rows:
        return frame
    size = (round(columns * height / rows), height)
    image = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)
    depth = cv2.resize(frame.depth, size, interpolation=cv2.INTER_NEAREST_EXACT)
    return Frame(np.asarray(image, np.float32), np.asarray(depth, np.float32))


def _write(folder: Path, name: str, frame: Frame) -> None:
    write_image(folder / "rgb" / f"{name}.png", frame.image)
    (folder / "depth").mkdir(exist_ok=True)
    np.save(folder / "depth" / f"{name}.npy", frame.depth)


if __name__ == "__main__":
    run(main)
