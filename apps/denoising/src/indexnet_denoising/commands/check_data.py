"""Check a folder of images before training: report contents and problems."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.data.patches import SCALES, SIZE, STRIDE, count_patches
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import list_images, read_image
from indexnet_engine.images.sample_photos import Split, is_builtin, photograph_files
from indexnet_engine.reports.data_problems import DataReport, Problem, counted, reason_of, size_text

__all__ = ["CheckConfig", "Report", "check", "check_data", "format_report"]


@dataclass
class CheckConfig:
    """Data."""

    data: str = "builtin"
    """Folder of images, or builtin."""
    channels: Literal[1, 3] = 1
    """Channels of the images: 1 for gray, 3 for colour."""
    patch_size: int = SIZE
    """Side of a training patch in pixels."""
    stride: int = STRIDE
    """Distance of neighbouring patches in pixels."""
    scales: list[float] = field(default_factory=lambda: list(SCALES))
    """Scales at which patches are cut."""


@dataclass
class Report(DataReport):
    """The contents and the problems of a folder of images."""

    images: int = 0
    """Readable images."""
    kinds: Counter[str] = field(default_factory=Counter)
    """``"gray"``, ``"colour"``, ``"colour with transparency"`` -> number of images."""
    patches: int = 0
    """Training patches that the readable images give."""


def check_data(config: CheckConfig) -> None:
    """Print the contents and the problems of a folder; errors give exit status 2."""
    report = check(
        config.data, config.channels, config.patch_size, stride=config.stride, scales=config.scales
    )
    print(format_report(report))
    report.raise_errors("a training")


def check(
    data: str | Path,
    channels: Literal[1, 3] = 1,
    patch_size: int = SIZE,
    *,
    stride: int = STRIDE,
    scales: Sequence[float] = SCALES,
    split: Split = "train",
) -> Report:
    """Read every image of a data set and report its contents and problems.

    Errors: unreadable files, images smaller than a patch, two files with one name. Notes: images that will
    be converted (colour to gray, transparency over white, more than 8 bits), equal contents, constant images.

    Raises:
        UserError: the folder is missing or has no images at all.
    """
    if patch_size < 1:
        raise UserError(f"a patch has a side of at least 1 pixel, got {patch_size}")
    report = Report(str(data))
    files = list(photograph_files(split).values()) if is_builtin(data) else list_images(data)
    names: dict[str, str] = {}
    contents: dict[str, str] = {}
    for path in files:
        twin = names.setdefault(path.stem, path.name)
        if twin != path.name:
            report.problems.append(Problem(path.name, "error", f"shares its name with {twin}; rename one"))
        try:
            image = read_image(path)
        except UserError as error:
            report.problems.append(Problem(path.name, "error", reason_of(error, path)))
            continue
        height, width = image.shape[:2]
        report.images += 1
        report.sizes[size_text(image.shape)] += 1
        report.kinds[_KINDS[image.shape[2]]] += 1
        if min(height, width) < patch_size:
            size = size_text(image.shape)
            message = f"{size} is smaller than a patch of {patch_size}x{patch_size}; remove it"
            report.problems.append(Problem(path.name, "error", message))
        else:
            report.patches += count_patches(height, width, patch_size, stride, scales)
        digest = hashlib.sha256(str(image.shape).encode() + image.tobytes()).hexdigest()
        twin = contents.setdefault(digest, path.name)
        if twin != path.name:
            report.problems.append(Problem(path.name, "note", f"same content as {twin}"))
        report.problems += [Problem(path.name, "note", text) for text in _remarks(image, channels)]
    return report


def format_report(report: Report) -> str:
    """Format a report; problems that many files share take one line.

    >>> found = Report("photos", Counter({"321x481": 2}), images=2, kinds=Counter(gray=2), patches=3722)
    >>> print(format_report(found))
    photos: 2 images, 3722 patches
      sizes: 2 of 321x481
      kinds: 2 gray
      no problems
    """
    patches = counted(report.patches, "patch", "patches")
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.kinds.most_common())
    return report.format(
        f"{report.data}: {counted(report.images, 'image')}, {patches}",
        details=[f"  kinds: {kinds}"] if kinds else (),
    )


_KINDS = {1: "gray", 3: "colour", 4: "colour with transparency"}


def _remarks(image: NDArray[np.float32], channels: Literal[1, 3]) -> list[str]:
    remarks = []
    if image.shape[2] == 4:
        remarks.append("transparency is composited over white")
    if image.shape[2] > 1 and channels == 1:
        remarks.append("colour is converted to gray")
    if image.shape[2] == 1 and channels == 3:
        remarks.append("gray: its three channels will be equal")
    levels = image * np.float32(255)
    if np.abs(levels - np.rint(levels)).max() > 1e-3:
        remarks.append("more than 8 bits: patches are rounded to 8")
    if (image == image[:1, :1]).all():
        remarks.append("a single value everywhere: there is nothing to learn from")
    return remarks
