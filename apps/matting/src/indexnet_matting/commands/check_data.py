"""Check matting data before training or evaluation: report contents and problems."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import find_folder, images_by_name
from indexnet_engine.images.image_file import read_image
from indexnet_engine.images.sample_photos import is_builtin
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.data_problems import (
    DataReport,
    Level,
    Problem,
    counted,
    reason_of,
    size_text,
    without_root,
)
from indexnet_matting.data.adobe import PARTS, adobe_names, is_adobe, split_folder, splits_in
from indexnet_matting.data.backgrounds import background_files
from indexnet_matting.data.files import find_file, read_alpha
from indexnet_matting.data.folder import ALPHA, BACKGROUNDS, FOREGROUND, IMAGE, TRIMAP, partner_name
from indexnet_matting.data.foregrounds import unknown_pixels
from indexnet_matting.data.synthetic import NAMES, synthetic_scenes
from indexnet_matting.data.trimap import odd_unknowns, read_trimap

__all__ = ["CheckConfig", "Report", "check", "check_data", "format_report"]

ValueT = TypeVar("ValueT", bound=np.generic)


@dataclass
class CheckConfig:
    """Data."""

    data: str = "builtin"
    """Folder with fg/ and alpha/, or with image/, alpha/ and trimap/; the Adobe data set; or builtin."""
    backgrounds: str | None = None
    """Folder of backgrounds to check, too."""


@dataclass(frozen=True)
class Entry:
    """The files of one foreground (no trimap) or of one test image; None for a missing file."""

    kind: Literal["foreground", "test image"]
    image: Path | None
    alpha: Path | None
    trimap: Path | None = None
    name: str = ""


@dataclass
class Report(DataReport):
    """The contents and the problems of a data folder."""

    kinds: Counter[str] = field(default_factory=Counter)
    """``"foreground"``, ``"test image"``, ``"background"`` -> number of complete and readable ones."""


def check_data(config: CheckConfig) -> None:
    """Print the contents and the problems of a folder; errors give exit status 2."""
    report = check(config.data, config.backgrounds)
    print(format_report(report))
    report.raise_errors()


def check(data: str | Path, backgrounds: str | Path | None = None) -> Report:
    """Read every image, matte and trimap of a data folder and report its contents and problems.

    Errors: missing partners, damaged files, sizes that differ, a matte whose channels differ, a constant
    matte of a foreground, a trimap without unknown pixels. Notes: mattes with three channels,
    with 0 and 1 only, opaque ones, trimaps that are unknown everywhere, unknown values other than 128, known
    pixels whose alpha contradicts the trimap, files without a partner.

    Args:
        data: a folder, or ``"builtin"``.
        backgrounds: a folder of backgrounds; ``backgrounds/`` in the data folder by default.

    Raises:
        UserError: the folder is missing, or its layout is not supported.
    """
    report = Report(str(data))
    if is_builtin(data):
        report.kinds.update({"foreground": len(NAMES["train"]), "test image": len(synthetic_scenes())})
    else:
        root = Path(data)
        entries = _entries(root, report.problems)
        with progress_bar(len(entries), "checking", unit="image") as bar:
            for entry in entries:
                _check_entry(entry, root, report)
                bar.update()
        backgrounds = backgrounds or find_folder(root, BACKGROUNDS)
    if backgrounds is not None and not is_builtin(backgrounds):
        _check_backgrounds(backgrounds, report)
    return report


def format_report(report: Report) -> str:
    """Format a report; problems that many files share take one line.

    >>> print(format_report(Report("mine", Counter({"321x481": 2}), kinds=Counter(foreground=2))))
    mine: 2 foregrounds
      sizes: 2 of 321x481
      no problems
    """
    counts = [counted(count, kind) for kind, count in report.kinds.items()]
    return report.format(f"{report.data}: {', '.join(counts) or 'nothing usable'}")


def _entries(root: Path, problems: list[Problem]) -> list[Entry]:
    """Group the files of each foreground and test image, in every layout that the folder has."""
    if not root.is_dir():
        raise UserError(f"{root}: no such folder")
    if is_adobe(root):
        return _adobe_entries(root)
    foregrounds, images = find_folder(root, FOREGROUND), find_folder(root, IMAGE)
    if foregrounds is None and images is None:
        raise UserError(f"{root}: neither fg/ (to train on) nor image/ (to test on) is in this folder")
    mattes = _listed(find_folder(root, ALPHA), root, problems)
    trimaps = _listed(find_folder(root, TRIMAP), root, problems)
    entries, used = [], set()
    for name, path in _listed(foregrounds, root, problems).items():
        entries.append(Entry("foreground", path, mattes.get(name), name=name))
        used.add(mattes.get(name))
    for name, path in _listed(images, root, problems).items():
        alpha, trimap = (there.get(partner_name(name, there)) for there in (mattes, trimaps))
        entries.append(Entry("test image", path, alpha, trimap, name))
        used |= {alpha, trimap}
    for path in (*mattes.values(), *trimaps.values()):
        if path not in used:
            problems.append(Problem(_short(path, root), "note", "belongs to no image"))
    return entries


def _adobe_entries(root: Path) -> list[Entry]:
    entries = []
    for split in splits_in(root):
        folder = split_folder(root, split)
        for name in adobe_names(root, split, "fg"):
            found = [find_file(folder / part / "fg", name) for part in PARTS]
            mattes = [find_file(folder / part / "alpha", name) for part in PARTS]
            image, alpha = (next(filter(None, paths), None) for paths in (found, mattes))
            entries.append(Entry("foreground", image, alpha, name=f"{folder.name}/{name}"))
    return entries


def _listed(folder: Path | None, root: Path, problems: list[Problem]) -> dict[str, Path]:
    """List a folder; errors are recorded as problems."""
    if folder is None:
        return {}
    try:
        return images_by_name(folder)
    except UserError as error:
        message = without_root(reason_of(error, folder), root)
        problems.append(Problem(_short(folder, root), "error", message))
        return {}


def _check_entry(entry: Entry, root: Path, report: Report) -> None:
    """Check one image with its matte and trimap."""
    found = list(_missing_parts(entry))
    image = _read(entry.image, read_image, found)
    alpha = _read(entry.alpha, read_alpha, found)
    trimap = _read(entry.trimap, read_trimap, found)
    found += _remarks(entry, image, alpha, trimap)
    report.problems += [
        Problem(_short(path, root) if path else entry.name, level, text) for path, level, text in found
    ]
    if image is not None and not any(level == "error" for _, level, _ in found):
        report.kinds[entry.kind] += 1
        report.sizes[size_text(image.shape)] += 1


Remark = tuple[Path | None, Level, str]
"""A file, or None for a missing file, and a remark about it."""


def _missing_parts(entry: Entry) -> Iterator[Remark]:
    parts = {"foreground" if entry.kind == "foreground" else "image": entry.image, "matte": entry.alpha}
    if entry.kind == "test image":
        parts["trimap"] = entry.trimap
    for what, path in parts.items():
        if path is None:
            yield entry.image, "error", f"has no {what}"


def _read(
    path: Path | None, reader: Callable[[Path], NDArray[ValueT]], found: list[Remark]
) -> NDArray[ValueT] | None:
    """Read a file; an error becomes a remark."""
    if path is None:
        return None
    try:
        return reader(path)
    except UserError as error:
        found.append((path, "error", reason_of(error, path)))
        return None


def _remarks(
    entry: Entry,
    image: NDArray[np.float32] | None,
    alpha: NDArray[np.float32] | None,
    trimap: NDArray[np.uint8] | None,
) -> Iterator[Remark]:
    if image is not None and image.shape[2] == 4:
        yield entry.image, "note", "transparency is composited over white"
    if alpha is not None:
        yield from ((entry.alpha, *remark) for remark in _alpha_remarks(entry, alpha))
    if trimap is not None:
        yield from ((entry.trimap, *remark) for remark in _trimap_remarks(entry, trimap))
    if image is not None:
        yield from _size_remarks(entry, image, alpha, trimap)
    if alpha is not None and trimap is not None and _contradict(alpha, trimap):
        yield entry.trimap, "note", "marks pixels as known whose alpha contradicts it"


def _size_remarks(
    entry: Entry,
    image: NDArray[np.generic],
    alpha: NDArray[np.generic] | None,
    trimap: NDArray[np.generic] | None,
) -> Iterator[Remark]:
    for path, part in ((entry.alpha, alpha), (entry.trimap, trimap)):
        if part is not None and part.shape != image.shape[:2]:
            yield path, "error", f"is {size_text(part.shape)}, but its image is {size_text(image.shape)}"


def _contradict(alpha: NDArray[np.float32], trimap: NDArray[np.uint8]) -> bool:
    """Return whether alpha (H, W) contradicts the trimap at known pixels; False if the sizes differ."""
    if alpha.shape != trimap.shape:
        return False
    known = trimap != 128
    return bool((np.abs(alpha - trimap / np.float32(255))[known] > 0.5 / 255).any())


def _alpha_remarks(entry: Entry, alpha: NDArray[np.float32]) -> Iterator[tuple[Level, str]]:
    if entry.alpha is not None and read_image(entry.alpha).shape[2] > 1:
        yield "note", "has three channels; one is used"
    levels = alpha * np.float32(255)
    if np.abs(levels - np.rint(levels)).max() > 1e-3:
        yield "note", "more than 8 bits: rounded to 8 for training"
    unknown = len(unknown_pixels(np.rint(levels).astype(np.uint8)))
    if not unknown:
        where = {0: "transparent everywhere", 1: "opaque everywhere"}.get(alpha.min(), "0 and 1, no edge")
        level: Level = "error" if entry.kind == "foreground" else "note"
        yield level, f"{where}: there is nothing to learn from it"
    elif ((alpha == 0) | (alpha == 1)).all():
        yield "note", "0 and 1 only: a mask, not a matte"


def _trimap_remarks(entry: Entry, trimap: NDArray[np.uint8]) -> Iterator[tuple[Level, str]]:
    unknown = trimap == 128
    if unknown.all():
        yield "note", "unknown everywhere"
    elif not unknown.any():
        yield "error", "no unknown pixels: there is nothing to predict"
    if entry.trimap is not None and odd_unknowns(entry.trimap):
        yield "note", "unknown pixels with values other than 128; treated as 128"


def _check_backgrounds(folder: str | Path, report: Report) -> None:
    files = background_files(folder)
    with progress_bar(len(files), "checking backgrounds", unit="image") as bar:
        for path in files:
            try:
                read_image(path, 3)
            except UserError as error:
                name = f"{path.parent.name}/{path.name}"
                report.problems.append(Problem(name, "error", reason_of(error, path)))
            else:
                report.kinds["background"] += 1
            bar.update()


def _short(path: Path, root: Path) -> str:
    return str(path.relative_to(root))
