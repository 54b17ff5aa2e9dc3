"""Build the Composition-1k test set, or the composites of the training set, from the original archives.

    python -m tools.prepare.composition1k Combined_Dataset VOCdevkit/VOC2012/JPEGImages composition-1k
    python -m tools.prepare.composition1k Combined_Dataset train2014 composites --split train

Combined_Dataset is Adobe's unpacked archive (Deep Image Matting); the backgrounds are PASCAL VOC's for the
test set and COCO's (train2014, or train2017 with its shorter names) for training. The archive's lists assign
backgrounds to foregrounds in order: the first 20 (test) or 100 (training) belong to the first, and so on, for
50 and 431 foregrounds.

Composites are made as by the data set's own code, so that figures can be compared: a background smaller than
the foreground is enlarged (bicubic) until it covers it, a larger one is not resized; the top left corner is
cropped, and values are truncated, not rounded, to 8 bits. The tool writes ``image/NAME_I.png``, ``alpha/``
and, for the test set, ``trimap/`` with the same names. An interrupted run continues where it stopped; at the
end the number and sizes of all files are checked, and one composite of each foreground is made again and
compared.

`indexnet-matting train` needs no composites on disk, since it makes them during training; these are for other
programs, and all 43,100 take hundreds of gigabytes.
"""

import math
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors
from indexnet_engine.images.folders import require_partners
from indexnet_engine.images.image_file import read_image, require_same_size, write_image
from indexnet_engine.images.sample_photos import Split
from indexnet_engine.progress import progress_bar
from indexnet_matting.data.adobe import PARTS, adobe_foregrounds, adobe_names, split_folder
from indexnet_matting.data.backgrounds import find_background
from indexnet_matting.data.files import ForegroundFile, find_file, read_alpha
from tools.command import new_parser, run


class Composite(NamedTuple):
    """One composite to make."""

    name: str
    foreground: ForegroundFile
    background: Path
    trimap: Path | None


def main() -> None:
    """List, build and check the composites."""
    parser = new_parser("tools.prepare.composition1k", __doc__)
    parser.add_argument("archive", type=Path, help="Combined_Dataset")
    parser.add_argument("backgrounds", type=Path, help="folder of VOC's or COCO's images")
    parser.add_argument("out", type=Path, help="output folder")
    parser.add_argument("--split", choices=("test", "train"), default="test")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args()
    composites = plan(options.archive, options.backgrounds, options.split)
    build(composites, options.out, options.jobs)
    check(composites, options.out)
    print(f"{options.out}: {len(composites)} images, complete")


def plan(archive: Path, backgrounds: Path, split: Split) -> list[Composite]:
    """List the composites of a split in the order of its lists; check that all their files exist.

    Raises:
        UserError: a list or a file is missing, or the lists do not match.
    """
    foregrounds = adobe_foregrounds(archive, split)
    names = adobe_names(archive, split, "bg")
    each, rest = divmod(len(names), len(foregrounds))
    if rest:
        raise UserError(
            f"{split_folder(archive, split)}: {len(names)} backgrounds are not a multiple of "
            f"{len(foregrounds)} foregrounds; the lists do not match"
        )
    found = {name: find_background(backgrounds, name) for name in dict.fromkeys(names)}
    there = {name: path for name, path in found.items() if path is not None}
    require_partners(found, backgrounds, "background", there)
    composites = []
    for number, background in enumerate(names):
        foreground, name = foregrounds[number // each], f"{foregrounds[number // each].name}_{number % each}"
        trimap = _find_trimap(archive, name, foreground) if split == "test" else None
        composites.append(Composite(name, foreground, there[background], trimap))
    return composites


def build(composites: list[Composite], out: Path, jobs: int = 1) -> None:
    """Make the missing composites.

    Raises:
        UserError: a damaged image, a foreground and a matte that differ in size, a full disk.
    """
    missing = [
        item for item in composites if not all(path.is_file() for path in _targets(item, out).values())
    ]
    for folder in {path.parent for item in missing for path in _targets(item, out).values()}:
        make_folder(folder)
    with progress_bar(len(composites), "compositing", initial=len(composites) - len(missing)) as bar:
        for _ in _each(missing, out, jobs):
            bar.update()


def check(composites: list[Composite], out: Path) -> None:
    """Read every file; make one composite of each foreground again and compare.

    Raises:
        UserError: a file is missing, damaged, of another size or with other pixels.
    """
    compared = set()
    with progress_bar(len(composites), "checking") as bar:
        for item in composites:
            targets = _targets(item, out)
            sizes = {path: _size(path) for path in targets.values()}
            wrong = [path for path, size in sizes.items() if size != sizes[targets["alpha"]]]
            if wrong:
                raise UserError(
                    f"{wrong[0]}: its size differs from that of the matte; delete it and run again"
                )
            if item.foreground.name not in compared:
                compared.add(item.foreground.name)
                stored = np.rint(255 * read_image(targets["image"], 3))
                if not np.array_equal(stored, composite(item)):
                    raise UserError(
                        f"{targets['image']}: differs from its composite; delete it and run again"
                    )
            bar.update()


def composite(item: Composite) -> NDArray[np.uint8]:
    """Make one composite as the data set's own code does.

    Returns:
        uint8 (H, W, 3).

    Raises:
        UserError: a damaged image, or a matte of another size.
    """
    foreground, alpha = _read_foreground(item.foreground)
    height, width = alpha.shape
    background = _pixels(item.background)
    ratio = max(width / background.width, height / background.height)
    if ratio > 1:
        larger = (math.ceil(background.width * ratio), math.ceil(background.height * ratio))
        background = background.resize(larger, Image.Resampling.BICUBIC)
    below = np.asarray(background.crop((0, 0, width, height)))
    weight = alpha[..., None] / 255  # in double precision: single precision would truncate to other values
    return (weight * foreground + (1 - weight) * below).astype(np.uint8)


def _each(items: list[Composite], out: Path, jobs: int) -> Iterator[str]:
    if jobs <= 1:
        yield from (_make(item, out) for item in items)
    else:
        with ProcessPoolExecutor(jobs) as pool:
            yield from pool.map(_make, items, [out] * len(items), chunksize=4)


def _make(item: Composite, out: Path) -> str:
    """Write the files of one composite, the image last, and return its name."""
    targets = _targets(item, out)
    _place(item.foreground.alpha, targets["alpha"])
    if item.trimap is not None:
        _place(item.trimap, targets["trimap"])
    write_image(targets["image"], composite(item))
    return item.name


def _targets(item: Composite, out: Path) -> dict[str, Path]:
    targets = {"image": out / "image" / f"{item.name}.png"}
    targets["alpha"] = out / "alpha" / f"{item.name}{item.foreground.alpha.suffix}"
    if item.trimap is not None:
        targets["trimap"] = out / "trimap" / f"{item.name}{item.trimap.suffix}"
    return targets


def _place(source: Path, target: Path) -> None:
    """Link a file, so that 20 names of one matte take the space of one; copy it if links are unsupported."""
    if target.is_file():
        return
    try:
        os.link(source.resolve(), target)
    except OSError:
        with naming_write_errors(target), atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)


def _find_trimap(archive: Path, name: str, foreground: ForegroundFile) -> Path:
    folders = [split_folder(archive, "test") / part / "trimaps" for part in PARTS]
    for folder in folders:
        found = find_file(folder, f"{name}.png") or find_file(folder, f"{foreground.name}.png")
        if found is not None:
            return found
    raise UserError(f"{folders[0]}: no trimap for {name}")


@lru_cache(maxsize=1)
def _read_foreground(file: ForegroundFile) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    colours = np.asarray(_pixels(file.image))
    alpha = np.rint(255 * read_alpha(file.alpha)).astype(np.uint8)
    require_same_size(file.alpha, alpha, file.image, colours)
    return colours, alpha


def _pixels(path: Path) -> Image.Image:
    """Read RGB as the data set's own code does: without EXIF orientation or transparency."""
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except Exception as error:
        read_image(path)  # raises the error of a bad file
        raise UserError(f"{path}: cannot be read ({error})") from error


def _size(path: Path) -> tuple[int, int]:
    """Read a whole file and return its width and height; checks every checksum of a PNG."""
    try:
        with Image.open(path) as image:
            image.verify()
            return image.size
    except Exception as error:  # Pillow's decoders raise many kinds of errors
        raise UserError(f"{path}: missing or damaged; delete it and run again") from error


if __name__ == "__main__":
    run(main)
