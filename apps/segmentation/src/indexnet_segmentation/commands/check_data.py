"""Check a data set before training or evaluation: report contents and problems."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import list_images, read_image
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.data_problems import DataReport, Problem, counted, size_text, without_root
from indexnet_segmentation.data.labelled_images import FileImages, LabelledImages
from indexnet_segmentation.data.open_data import data_splits, has_splits, open_data
from indexnet_segmentation.data.statistics import absent_classes, count_label, too_few_classes

__all__ = ["CheckConfig", "Report", "SplitReport", "check", "check_data", "format_report"]


@dataclass
class CheckConfig:
    """Data."""

    data: str = "builtin"
    """Folder with image/ and label/, CamVid, SUN RGB-D, or builtin; all of its splits are checked."""
    labels: str | None = None
    """Numbering of the labels: camvid, sun37-from-0, sun37-from-1, nyu40-from-0, nyu40-from-1, or
    a classes.yaml; by default classes.yaml in the folder."""


@dataclass
class SplitReport:
    """The contents of one split."""

    images: int = 0
    """Images that can be used."""
    pixels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Pixels of each class."""
    void: int = 0
    """Pixels without a class."""


@dataclass
class Report(DataReport):
    """The contents and the problems of a data set with labels."""

    names: tuple[str, ...] = ()
    """Names of the classes."""
    splits: dict[str, SplitReport] = field(default_factory=dict)
    """By name; ``all`` for a folder without splits."""


def check_data(config: CheckConfig) -> None:
    """Print the contents and the problems of a data set; errors give exit status 2."""
    report = check(config.data, config.labels)
    print(format_report(report))
    report.raise_errors()


def check(data: str | Path, labels: str | None = None) -> Report:
    """Read every image and label of a data set, all splits, and report its contents and problems.

    Errors: missing labels, damaged files, sizes that differ, numbers that are no class, training sets in
    which fewer than two classes occur, other sets in which none does. Notes: classes that never occur, labels
    without any class, a void number that never occurs, transparency, labels that belong to no image, images
    that are in two splits.

    Args:
        data: see `open_data`.
        labels: see `open_data`.

    Raises:
        UserError: the folder is missing or has an unsupported layout, or its ``classes.yaml`` is invalid.
    """
    report = Report(str(data))
    seen: dict[str, str] = {}
    closed: UserError | None = None
    if not has_splits(data):
        _check_split("all", open_data(data, "train", labels), report, seen)
        return report
    for split in data_splits(data):
        try:
            images = open_data(data, split, labels)
        except UserError as error:
            closed = error
            report.problems.append(Problem(split, "error", without_root(str(error), data)))
        else:
            if report.splits and images.classes.names != report.names:
                message = f"has {images.classes.count} classes, but {next(iter(report.splits))} has others"
                report.problems.append(Problem(split, "error", f"{message} ({len(report.names)})"))
                continue
            _check_split(split, images, report, seen)
    if closed is not None and not report.splits:
        raise closed
    return report


def format_report(report: Report) -> str:
    """Format a report; problems that many files share take one line.

    >>> from collections import Counter
    >>> one = SplitReport(2, np.array([30, 60]), 10)
    >>> found = Report("mine", Counter({"5x10": 2}), names=("road", "car"), splits={"train": one})
    >>> print(format_report(found))
    mine: 2 classes; train: 2 images
      sizes: 2 of 5x10
      train: road 30.00 %, car 60.00 %; no class 10.00 %
      no problems
    """
    counts = [f"{name}: {counted(split.images, 'image')}" for name, split in report.splits.items()]
    shares = []
    for name, split in report.splits.items():
        if total := int(split.pixels.sum()) + split.void:
            named = zip(report.names, split.pixels.tolist())
            classes = [f"{label} {number / total:.2%}" for label, number in named if number]
            line = f"  {name}: {', '.join(classes)}; no class {split.void / total:.2%}"
            shares.append(line.replace("%", " %"))
    head = "; ".join([counted(len(report.names), "class", "classes"), *counts])
    return report.format(f"{report.data}: {head}", details=shares)


def _check_split(split: str, images: LabelledImages, report: Report, seen: dict[str, str]) -> None:
    """Check every image of a split; ``seen`` holds the contents of the images so far."""
    found = SplitReport(pixels=np.zeros(images.classes.count, np.int64))
    report.names, report.splits[split] = images.classes.names, found
    with progress_bar(len(images), f"checking {split}", unit="image") as bar:
        for index in range(len(images)):
            try:
                _, label = images.read(index)
            except UserError as error:
                report.problems.append(_bad_file(images, index, str(error)))
            else:
                found.images += 1
                report.sizes[size_text(label.shape)] += 1
                counts = count_label(label, images.classes.count)
                found.pixels += counts[:-1]
                found.void += int(counts[-1])
                report.problems += _remarks(images, index, counts, seen)
            bar.update()
    report.problems += _remarks_on_all(images, found, split)


def _remarks(
    images: LabelledImages, index: int, counts: NDArray[np.int64], seen: dict[str, str]
) -> Iterator[Problem]:
    files = images.files(index)
    if not counts[:-1].any():
        yield Problem(_label_name(images, index), "note", "no pixel has a class")
    if files is None:
        return
    name = _short(files[0], images.source)
    if read_image(files[0]).shape[2] == 4:
        yield Problem(name, "note", "transparency is composited over white")
    digest = hashlib.sha256(files[0].read_bytes()).hexdigest()
    twin = seen.setdefault(digest, name)
    if twin != name:
        yield Problem(name, "note", f"same content as {twin}")


def _remarks_on_all(images: LabelledImages, found: SplitReport, split: str) -> Iterator[Problem]:
    if found.images:
        # A set for evaluation may hold a single class.
        if fault := too_few_classes(images, found.pixels, 1 if split in ("val", "test") else 2):
            yield Problem(split, "error", fault)
        elif absent := absent_classes(images, found.pixels):
            yield Problem(split, "note", absent)
    if isinstance(images, FileImages):
        if found.images and not found.void and images.numbering().void:
            void = " and ".join(map(str, images.numbering().void))
            yield Problem(split, "note", f"no pixel is void (declared: {void})")
        yield from _strays(images)


def _strays(images: FileImages) -> Iterator[Problem]:
    used = {images.files(index)[1] for index in range(len(images))}
    for folder in sorted({path.parent for path in used}):
        for path in list_images(folder):
            if path not in used:
                yield Problem(_short(path, images.source), "note", "belongs to no image")


def _bad_file(images: LabelledImages, index: int, message: str) -> Problem:
    """Record an error as a problem of the file that it names."""
    for path in images.files(index) or ():
        if message.startswith(f"{path}: "):
            text = without_root(message.removeprefix(f"{path}: "), images.source)
            return Problem(_short(path, images.source), "error", text)
    return Problem(images.names[index], "error", without_root(message, images.source))


def _label_name(images: LabelledImages, index: int) -> str:
    files = images.files(index)
    if isinstance(images, FileImages) and files is not None:
        return _short(files[1], images.source)
    return images.names[index]


def _short(path: Path, root: str | Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
