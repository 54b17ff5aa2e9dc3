"""Check depth data before training or evaluation: report contents and problems."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from indexnet_depth.data.crop import HEIGHT
from indexnet_depth.data.depth_file import USUAL_MEAN, stored_depth
from indexnet_depth.data.folder import FolderFrames
from indexnet_depth.data.frame import DRAWN, Frame, Frames
from indexnet_depth.data.open_data import open_data
from indexnet_depth.data.sun_rgbd import SunRgbdFrames
from indexnet_depth.data.units import UNITS
from indexnet_engine.errors import UserError
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.data_problems import DataReport, Problem, counted, size_text, without_root

__all__ = ["CheckConfig", "DepthRange", "Report", "check", "check_data", "format_report"]

_MOSTLY = 0.8


@dataclass
class CheckConfig:
    """Data."""

    data: str = "builtin"
    """Folder of HDF5 frames, nyu_depth_v2_labeled.mat, SUN RGB-D, folder with rgb/ and depth/, builtin or
    generated."""
    unit: str | None = None
    """Unit of the stored depth: millimetre, 1/5000 m, metre, sunrgbd, 1/N m, or the metres per count.

    Needed for a folder with rgb/ and depth/."""


@dataclass
class DepthRange:
    """Depth over all valid pixels."""

    low: float = float("inf")
    """metres"""
    high: float = 0.0
    """metres"""
    total: float = 0.0
    """metres, the sum"""
    valid: int = 0
    """pixels"""
    pixels: int = 0

    def add(self, depth: np.ndarray) -> None:
        """Count a map (H, W) in metres."""
        there = depth[depth > 0]
        self.low, self.high = min(self.low, float(there.min())), max(self.high, float(there.max()))
        self.total += float(there.sum(dtype=np.float64))
        self.valid += there.size
        self.pixels += depth.size


@dataclass
class Report(DataReport):
    """The contents and the problems of a set of frames."""

    layout: str = ""
    unit: str = ""
    splits: Counter[str] = field(default_factory=Counter)
    """``"train"``, ``"val"``, or ``"frame"`` without a split -> number of frames that can be used."""
    depth: DepthRange = field(default_factory=DepthRange)


def check_data(config: CheckConfig) -> None:
    """Print the contents and the problems of a data set; errors give exit status 2."""
    report = check(config.data, config.unit)
    print(format_report(report))
    report.raise_errors()


def check(data: str, unit: str | None = None) -> Report:
    """Read every frame of a data set and report its contents and problems.

    Errors: everything that `Frames.read` refuses (damage, sizes that differ, negative or implausible depth,
        no valid depth).
    Notes: a mean depth that no room has (is the unit right?), counts that look rotated, 8-bit depth, maps
    that are mostly invalid, photographs smaller than the network's view, depth maps without a photograph.
    The frames of ``builtin`` and ``generated`` are only counted, since they are drawn by this package.

    Args:
        data: as in `indexnet_depth.data.open_data.open_data`.
        unit: likewise.

    Raises:
        UserError: no data, an unsupported layout, a frame without its partner, no unit.
    """
    train = open_data(data, "train", unit)
    halves = {"train": train, "val": open_data(data, "val", unit)} if train.splits else {"frame": train}
    report = Report(data, layout=train.layout, unit=train.unit)
    if train.layout in DRAWN:
        report.splits.update({half: len(frames.names) for half, frames in halves.items()})
        return report
    with progress_bar(sum(len(half.names) for half in halves.values()), "checking", unit="frame") as bar:
        for half, frames in halves.items():
            for index in range(len(frames.names)):
                _check_frame(frames, index, half, report)
                bar.update()
            if isinstance(frames, FolderFrames):
                strays = (without_root(path, data) for path in frames.strays)
                report.problems += [Problem(path, "note", "belongs to no photograph") for path in strays]
    return report


def format_report(report: Report) -> str:
    """Format a report; problems that many files share take one line.

    >>> depth = DepthRange(0.5, 4.0, total=20, valid=10, pixels=20)
    >>> found = Report("mine", layout="folder", unit="millimetre", splits=Counter(frame=2), depth=depth)
    >>> print(format_report(found))
    mine: 2 frames (folder, depth in millimetre)
      no split: give training and test data as two folders
      depth: 0.50 to 4.00 m, mean 2.00 m, 50% of the pixels invalid
      no problems
    """
    total = counted(report.splits.total(), "frame")
    halves = "no split: give training and test data as two folders"
    if set(report.splits) - {"frame"}:
        halves = ", ".join(f"{count} in {half}" for half, count in report.splits.items())
    depth, details = report.depth, []
    if depth.valid:
        details.append(
            f"  depth: {depth.low:.2f} to {depth.high:.2f} m, mean {depth.total / depth.valid:.2f} m, "
            f"{1 - depth.valid / depth.pixels:.0%} of the pixels invalid"
        )
    head = f"{report.data}: {total} ({report.layout}, depth in {report.unit})"
    return report.format(head, f"  {halves}", details=details)


def _check_frame(frames: Frames, index: int, half: str, report: Report) -> None:
    try:
        frame = frames.read(index)
    except UserError as error:
        # Messages begin with the file.
        file, _, reason = without_root(str(error), report.data).partition(": ")
        report.problems.append(Problem(file, "error", reason))
        return
    name = frames.names[index] if half == "frame" else f"{half}/{frames.names[index]}"
    report.splits[half] += 1
    report.sizes[size_text(frame.depth.shape)] += 1
    report.depth.add(frame.depth)
    remarks = list(_remarks(frame))
    if isinstance(frames, FolderFrames | SunRgbdFrames):
        remarks += _count_remarks(stored_depth(frames.depth_file(index)), frames.unit)
    report.problems += [Problem(name, "note", remark) for remark in remarks]


def _remarks(frame: Frame) -> Iterator[str]:
    valid = frame.depth > 0
    mean = float(frame.depth[valid].mean())
    if mean < USUAL_MEAN[0]:
        yield f"a mean depth under {USUAL_MEAN[0]:g} m is unusual for a room; is the unit right?"
    if mean > USUAL_MEAN[1]:
        yield f"a mean depth over {USUAL_MEAN[1]:g} m is unusual for a room; is the unit right?"
    if valid.mean() < 1 - _MOSTLY:
        yield f"more than {_MOSTLY:.0%} of the depth is invalid"
    if len(frame.depth) < HEIGHT:
        yield f"less than {HEIGHT} high: will be enlarged"


def _count_remarks(stored: np.ndarray, unit: str) -> Iterator[str]:
    if stored.dtype == np.uint8:
        yield "8-bit depth has 256 steps at most"
    fine = stored.dtype.kind in "iu" and stored.max() > 255
    if fine and unit != UNITS["sunrgbd"].name and not (stored % 8).any():
        yield "every count is a multiple of 8, as in SUN RGB-D; is the unit sunrgbd?"
