"""Convert SUN RGB-D's archives into folders of images and label PNGs.

    python -m tools.prepare.sun_rgbd_labels DOWNLOAD OUT

DOWNLOAD holds ``SUNRGBD`` and ``SUNRGBDtoolbox``, each as the ``.zip`` file of the data set's authors or
unpacked. The tool writes ``OUT/train`` (5,285 images) and ``OUT/test`` (5,050), each with ``image/`` (copies
of the RGB images) and ``label/`` (palette PNG: classes 0 to 36, 255 for void), and ``OUT/classes.yaml``. The
split is that of the toolbox's ``allsplit.mat``. Nothing is written unless all frames are found. An
interrupted run continues where it stopped: an existing image with a label of its size is kept.
Use the folder with ``indexnet-segmentation train --data.train OUT``.

`indexnet-segmentation` also reads the unpacked archives; label files are quicker to read and can be viewed.
"""

import io
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors, remove_leftovers
from indexnet_engine.progress import progress_bar
from indexnet_segmentation.data.classes_yaml import CLASS_FILE, write_class_file
from indexnet_segmentation.data.label_files import KNOWN, LabelValues, class_numbers, write_label
from indexnet_segmentation.data.labelled_images import Split
from indexnet_segmentation.data.sun_rgbd import (
    TOOLBOX_FILES,
    Frame,
    list_frames,
    read_numbers_of,
    toolbox_of,
)
from tools.command import parse_paths, run

OFFICIAL = {"train": 5285, "test": 5050}


def main() -> None:
    """Write the folders and print the numbers of images."""
    download, out = parse_paths(
        "tools.prepare.sun_rgbd_labels",
        __doc__,
        download="folder of the two archives, packed or unpacked",
        out="output folder",
    )
    counts = prepare(download, out)
    print(f"{out}: {counts['train']} images to train on, {counts['test']} to test on, complete")
    if counts != OFFICIAL:
        print(f"note: the official split has {OFFICIAL['train']} and {OFFICIAL['test']}")


def prepare(download: Path, out: Path) -> dict[Split, int]:
    """Write missing files and check all.

    Returns:
        Number of images of each split.

    Raises:
        UserError: an archive or a file in it is missing or damaged, sizes differ, a full disk.
    """
    make_folder(out)
    for leftover in out.glob(".toolbox-*"):  # temporary files of a killed run
        shutil.rmtree(leftover)
    with opened_toolbox(download, out) as toolbox, opened_images(download) as images:
        frames = list_frames(toolbox)
        items = [(split, frame) for split, listed in frames.items() for frame in listed]
        images.require(frame.path for _, frame in items)
        for split in frames:
            for part in ("image", "label"):
                make_folder(out / split / part)
                remove_leftovers(out / split / part)
        with progress_bar(len(items), "preparing", unit="image") as bar:
            for split, frame in items:
                prepare_frame(frame, toolbox, images, out / split)
                bar.update()
    classes, _ = KNOWN["sun37-from-0"]
    write_class_file(out / CLASS_FILE, classes, LabelValues())
    return {split: len(listed) for split, listed in frames.items()}


def prepare_frame(frame: Frame, toolbox: Path, images: "Images", folder: Path) -> None:
    """Write image and label of one frame, where they are missing or differ in size.

    Raises:
        UserError: the frame is damaged, or its label has another size.
    """
    image = folder / "image" / (frame.name + Path(frame.path).suffix)
    label = folder / "label" / f"{frame.name}.png"
    if image.is_file() and label.is_file() and size_of(image) == size_of(label):
        return
    classes, values = KNOWN["sun37-from-1"]
    name = f"label of {frame.name}"
    numbers = class_numbers(read_numbers_of(toolbox / TOOLBOX_FILES.labels, frame), classes, values, name)
    images.copy(frame.path, image)
    if size_of(image) != numbers.shape[::-1]:
        width, height = size_of(image)
        size = f"{numbers.shape[0]}x{numbers.shape[1]}"
        raise UserError(f"{frame.path}: is {height}x{width}, but its label is {size}")
    write_label(label, numbers, classes)


# Errors of zipfile for damaged, encrypted or unsupported members.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class Images:
    """The frames' images, in a folder or in an archive.

    Args:
        place: the folder that holds ``SUNRGBD/``, or ``SUNRGBD.zip``.
        archive: the open archive; None for a folder.
    """

    def __init__(self, place: Path, archive: zipfile.ZipFile | None) -> None:
        self.place = place
        self.archive = archive
        self._there = None if archive is None else set(archive.namelist())

    def require(self, paths: Iterator[str]) -> None:
        """Check that every image exists.

        Raises:
            UserError: some are missing; the first is named.
        """
        missing = [path for path in paths if not self._has(path)]
        if missing:
            more = f" and {len(missing) - 1} more" if missing[1:] else ""
            raise UserError(f"{self.place}: no {missing[0]}{more}")

    def copy(self, path: str, target: Path) -> None:
        """Copy an image file atomically.

        Raises:
            UserError: the image cannot be read, or the target cannot be written.
        """
        content = self._read(path)
        try:
            with Image.open(io.BytesIO(content)) as image:
                image.load()
        except Exception as error:  # on a broken file, decoders raise almost anything
            raise UserError(f"{self.place}: {path} is a damaged image") from error
        with naming_write_errors(target), atomic_path(target) as temporary:
            temporary.write_bytes(content)

    def _read(self, path: str) -> bytes:
        try:
            if self.archive is None:
                return (self.place / path).read_bytes()
            return self.archive.read(path)
        except (OSError, *DAMAGE) as error:
            raise UserError(f"{self.place}: {path} is damaged ({error})") from error

    def _has(self, path: str) -> bool:
        return (self.place / path).is_file() if self._there is None else path in self._there


@contextmanager
def opened_images(download: Path) -> Iterator[Images]:
    """Yield the images, from the folder if it exists and from the archive otherwise.

    Raises:
        UserError: neither exists, or the archive is damaged.
    """
    if (download / "SUNRGBD").is_dir():
        yield Images(download, None)
        return
    with opened_archive(download / "SUNRGBD.zip") as archive:
        yield Images(download / "SUNRGBD.zip", archive)


@contextmanager
def opened_toolbox(download: Path, out: Path) -> Iterator[Path]:
    """Return the toolbox's folder; unpack the needed files of an archive into the output folder.

    Raises:
        UserError: neither folder nor archive exists, or a file in it is missing or damaged.
    """
    if (download / "SUNRGBDtoolbox").is_dir():
        toolbox = toolbox_of(download)
        for name in TOOLBOX_FILES:
            if not (toolbox / name).is_file():
                raise UserError(f"{toolbox / name}: no such file")
        yield toolbox
        return
    path = download / "SUNRGBDtoolbox.zip"
    with opened_archive(path) as archive, TemporaryDirectory(dir=out, prefix=".toolbox-") as folder:
        for name in TOOLBOX_FILES:
            target = Path(folder, name)
            make_folder(target.parent)
            try:
                with (
                    archive.open(f"SUNRGBDtoolbox/{name}") as source,
                    naming_write_errors(target),
                    target.open("wb") as copy,
                ):
                    shutil.copyfileobj(source, copy)
            except (KeyError, *DAMAGE) as error:
                raise UserError(f"{path}: SUNRGBDtoolbox/{name} is missing or damaged") from error
        yield Path(folder)


@contextmanager
def opened_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP file.

    Raises:
        UserError: the file is missing or not a ZIP file.
    """
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file, nor a folder {path.with_suffix('')}") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: not a ZIP file that can be read ({error})") from error
    with archive:
        yield archive


def size_of(path: Path) -> tuple[int, int]:
    """Width and height from the header.

    Raises:
        UserError: the file is damaged.
    """
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: damaged; delete it and run again") from error


if __name__ == "__main__":
    run(main)
