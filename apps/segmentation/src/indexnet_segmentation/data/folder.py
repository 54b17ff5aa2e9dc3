"""Plain folders: ``image/`` and ``label/``, which may be in ``train/``, ``val/`` and ``test/``.

An image and its label have the same name, or the name of the label ends in ``_mask`` or ``_label``.
``classes.yaml`` defines the numbers in the labels. It is in the folder or in that of the split; for a split
given by its path, ``my-data/train``, also in its parent folder.
"""

from collections import Counter
from pathlib import Path

from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import find_folder, images_by_name, require_folder, require_partners
from indexnet_segmentation.data.classes_yaml import CLASS_FILE, describe_labels
from indexnet_segmentation.data.label_files import KNOWN
from indexnet_segmentation.data.labelled_images import FileImages, ImageAndLabel, Split

__all__ = [
    "IMAGE",
    "LABEL",
    "SPLITS",
    "class_file",
    "folder_pairs",
    "folder_splits",
    "is_folder",
    "open_folder",
    "pairs_of",
    "partner",
]

IMAGE = ("image", "images")
LABEL = ("label", "labels", "annotations", "masks")
SPLITS: tuple[Split, ...] = ("train", "val", "test")

_ENDINGS = ("", "_mask", "_label")


def is_folder(root: str | Path) -> bool:
    """Return whether a folder has this layout: ``image/``, or splits that have it."""
    return find_folder(root, IMAGE) is not None or bool(folder_splits(Path(root)))


def folder_splits(folder: Path) -> tuple[Split, ...]:
    """Return the splits of a folder; none if it is a single set or does not exist."""
    return tuple(split for split in SPLITS if find_folder(folder / split, IMAGE))


def open_folder(folder: Path, split: Split, labels: str | None = None) -> FileImages:
    """Open a folder, or the part of it that ``split`` names.

    Args:
        folder: with ``image/`` and ``label/``, or with parts that have them. A folder without parts is opened
            whole for every split.
        split: the part to open.
        labels: a name of `KNOWN` or a ``classes.yaml``; by default that of the folder.

    Raises:
        UserError: something is missing; the message names it.
    """
    part = _part(folder, split)
    if labels is None:
        found = class_file(folder, split)
        if found is None:
            raise UserError(
                f"{folder}: no {CLASS_FILE} defines the numbers in the labels; write one, or give "
                f"labels: one of {', '.join(KNOWN)}, or a {CLASS_FILE} elsewhere"
            )
        labels = str(found)
    classes, values = describe_labels(labels)
    return FileImages(folder, folder_pairs(part), classes, values)


def class_file(folder: Path, split: Split) -> Path | None:
    """Return the ``classes.yaml`` of a folder or of a split, also of a split given by its own path."""
    places = [_part(folder, split), folder, *([folder.absolute().parent] if folder.name in SPLITS else [])]
    return next((place / CLASS_FILE for place in places if (place / CLASS_FILE).is_file()), None)


def folder_pairs(folder: Path) -> list[ImageAndLabel]:
    """List the images in ``image/`` with their labels in ``label/``, sorted by name.

    Raises:
        UserError: one of the folders is missing or empty, or an image has no label.
    """
    image_dir, label_dir = require_folder(folder, IMAGE, "images"), require_folder(folder, LABEL, "labels")
    return pairs_of(images_by_name(image_dir), images_by_name(label_dir), label_dir)


def pairs_of(images: dict[str, Path], labels: dict[str, Path], where: Path) -> list[ImageAndLabel]:
    """Match images with labels by name.

    Raises:
        UserError: an image has no label in ``where``.
    """
    found = {name: partner(name, labels) for name in images}
    require_partners(found, where, "label", (name for name, label in found.items() if label))
    if shared := [label for label, count in Counter(found.values()).items() if count > 1]:
        raise UserError(f"{where}: the label {shared[0]} would serve two images; rename one of them")
    return [ImageAndLabel(name, image, labels[str(found[name])]) for name, image in images.items()]


def partner(name: str, labels: dict[str, Path]) -> str | None:
    """Return the name of the label of an image, or None.

    >>> partner("a", {"a_mask": Path("a_mask.png")})
    'a_mask'
    """
    return next((name + ending for ending in _ENDINGS if name + ending in labels), None)


def _part(folder: Path, split: Split) -> Path:
    """Return the folder that holds ``image/``: that of a split, or the whole one."""
    splits = folder_splits(folder)
    if find_folder(folder, IMAGE) or not splits:
        require_folder(folder, IMAGE, "images")
        return folder
    if split not in splits:
        raise UserError(f"{folder}: has no {split}/ with images; there is {', '.join(splits)}")
    return folder / split
