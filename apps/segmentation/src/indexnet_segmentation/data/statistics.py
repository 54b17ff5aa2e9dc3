"""Pixel counts of all labels of a data set, made once, before the first step; they also find bad files."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, naming_write_errors, one_at_a_time
from indexnet_engine.images.folders import cache_folder
from indexnet_engine.progress import progress_bar
from indexnet_segmentation.data.classes import IGNORE
from indexnet_segmentation.data.labelled_images import LabelledImages

__all__ = ["LabelStatistics", "absent_classes", "count_label", "label_statistics", "too_few_classes"]

_FORMAT = 1


@dataclass(frozen=True)
class LabelStatistics:
    """Pixel counts of the labels of a data set.

    Attributes:
        pixels: int64 (images, classes): pixels of each class in each label; median-frequency balancing
            (SegNet) needs them by image.
        void: int64 (images,): pixels without a class.
    """

    pixels: NDArray[np.int64]
    void: NDArray[np.int64]

    def absent(self) -> list[int]:
        """Return the numbers of the classes that never occur."""
        return [int(number) for number in np.flatnonzero(self.pixels.sum(0) == 0)]


def count_label(label: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Count the pixels of each class and, in the last place, those without one.

    >>> count_label(np.array([[0, 2, 2, 255]]), 3).tolist()
    [1, 0, 2, 1]
    """
    return np.bincount(np.where(label == IGNORE, count, label).ravel(), minlength=count + 1)


def label_statistics(
    images: LabelledImages, cache_dir: str | Path | None = None, *, least: int = 1
) -> LabelStatistics:
    """Read every image and label once, with a progress bar, and count; cached until a file changes.

    Args:
        images: a data set.
        cache_dir: folder for the counts; by default ``$INDEXNET_CACHE/segmentation`` or
            ``~/.cache/indexnet/segmentation``.
        least: smallest number of classes that must occur in the whole set: two for training.

    Raises:
        UserError: the first bad file: damaged, of another size than its image, with a number that is no
            class; or too few classes occur in the whole set.
    """
    if images.files(0) is None:
        counts = _count(images)
    else:
        place, contents = _digests(images)
        path = cache_folder("segmentation", cache_dir) / f"labels-{place}-{contents}.npy"
        with one_at_a_time(path):
            if not path.is_file():
                _store(_count(images), path)
                _remove_older(path, place)
        counts = _load(path, (len(images), images.classes.count + 1))
    statistics = LabelStatistics(counts[:, :-1], counts[:, -1])
    if fault := too_few_classes(images, statistics.pixels.sum(0), least):
        raise UserError(f"{images.source}: {fault}")
    return statistics


def too_few_classes(images: LabelledImages, pixels: NDArray[np.int64], least: int) -> str | None:
    """Return an error message if fewer than ``least`` classes occur, else None.

    Args:
        images: the data set.
        pixels: (classes,): number of pixels of each class.
        least: one, or two for training.
    """
    occurring = [name for name, number in zip(images.classes.names, pixels) if number]
    if len(occurring) >= least:
        return None
    only = f"only the class {occurring[0]!r} occurs" if occurring else "no class occurs"
    what = "learn" if least > 1 else "measure"
    return f"{only}: there is nothing to {what}; {images.numbering().describe(images.classes.count)}"


def absent_classes(images: LabelledImages, pixels: NDArray[np.int64]) -> str | None:
    """Return a message with the classes that never occur, or None if all do.

    Args:
        images: the data set.
        pixels: (classes,): number of pixels of each class.
    """
    absent = [name for name, number in zip(images.classes.names, pixels) if not number]
    what = "a class that never occurs" if len(absent) == 1 else "classes that never occur"
    return f"{what}: {', '.join(absent)}" if absent else None


def _count(images: LabelledImages) -> NDArray[np.int64]:
    counts = np.zeros((len(images), images.classes.count + 1), np.int64)
    with progress_bar(len(images), "checking labels", unit="image") as bar:
        for index in range(len(images)):
            counts[index] = count_label(images.read(index)[1], images.classes.count)
            bar.update()
    return counts


def _digests(images: LabelledImages) -> tuple[str, str]:
    """Return the digest of the place, and of the contents: only the latter changes when a file does."""
    files = [path for index in range(len(images)) for path in images.files(index) or ()]
    place = json.dumps([str(path.resolve()) for path in files])
    status = {path: path.stat() for path in dict.fromkeys(files)}
    sizes = [(status[path].st_size, status[path].st_mtime_ns) for path in files]
    numbering = repr((_FORMAT, images.names, images.classes.count, images.numbering()))
    contents = json.dumps([numbering, sizes])
    first, second = (hashlib.sha256(text.encode()).hexdigest()[:16] for text in (place, contents))
    return first, second


def _store(counts: NDArray[np.int64], path: Path) -> None:
    with naming_write_errors(path), atomic_path(path) as temporary:
        np.save(temporary, counts)


def _remove_older(path: Path, place: str) -> None:
    for older in path.parent.glob(f"labels-{place}-*.npy"):
        if older != path:
            older.unlink(missing_ok=True)


def _load(path: Path, shape: tuple[int, int]) -> NDArray[np.int64]:
    try:
        counts = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: damaged cache file; delete it to recreate it") from error
    if counts.shape != shape or counts.dtype != np.int64:
        raise UserError(f"{path}: not a cache file of this program; delete it to recreate it")
    return counts
