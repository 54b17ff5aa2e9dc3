"""Write the frames of a depth data set as HDF5 files in ``train/`` and ``val/``."""

from collections.abc import Mapping
from pathlib import Path

from indexnet_depth.data.frame import Frames, Split
from indexnet_depth.data.hdf5 import write_frame
from indexnet_engine.progress import progress_bar

__all__ = ["HALVES", "count_text", "write_halves"]

HALVES: tuple[Split, Split] = ("train", "val")


def write_halves(halves: Mapping[Split, Frames], out: Path) -> dict[Split, int]:
    """Write every frame whose file is missing in ``out``; return the number of frames of each half."""
    with progress_bar(sum(len(frames.names) for frames in halves.values()), "writing", unit="frame") as bar:
        for half, frames in halves.items():
            for index, name in enumerate(frames.names):
                target = out / half / f"{name}.h5"
                if not target.is_file():
                    write_frame(target, frames.read(index))
                bar.update()
    return {half: len(frames.names) for half, frames in halves.items()}


def count_text(out: Path, counts: Mapping[Split, int]) -> str:
    """Print the number of frames of each half."""
    return f"{out}: " + ", ".join(f"{count} frames in {half}/" for half, count in counts.items())
