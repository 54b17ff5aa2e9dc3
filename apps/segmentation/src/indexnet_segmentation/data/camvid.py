"""CamVid in SegNet's layout: ``train/`` and ``trainannot/``, and so on, with lists ``train.txt``, ….

Labels are 0 to 10, and 11 for void. The lists give the official split of 367, 101 and 233 frames; their paths
are those of SegNet's authors; only the file names without suffix are used.
"""

from pathlib import Path

from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import images_by_name, require_partners
from indexnet_segmentation.data.classes_yaml import describe_labels
from indexnet_segmentation.data.folder import SPLITS, pairs_of
from indexnet_segmentation.data.labelled_images import FileImages, Split

__all__ = ["camvid_splits", "is_camvid", "listed_names", "open_camvid"]


def camvid_splits(root: Path) -> tuple[Split, ...]:
    """Return the splits that exist."""
    return tuple(name for name in SPLITS if (root / name).is_dir() and (root / f"{name}annot").is_dir())


def is_camvid(root: str | Path) -> bool:
    """Return whether a folder has this layout."""
    return bool(camvid_splits(Path(root)))


def open_camvid(root: Path, split: Split, labels: str | None = None) -> FileImages:
    """Open a split, in the order of its list.

    Raises:
        UserError: the split, or a file of its list, is missing.
    """
    splits = camvid_splits(root)
    if split not in splits:
        raise UserError(f"{root}: has no {split}/ and {split}annot/; there is {', '.join(splits)}")
    classes, values = describe_labels(labels or "camvid")
    images = images_by_name(root / split)
    list_file = root / f"{split}.txt"
    if list_file.is_file():
        names = listed_names(list_file)
        require_partners(names, root / split, "image", images)
        images = {name: images[name] for name in names}
    where = root / f"{split}annot"
    return FileImages(root, pairs_of(images, images_by_name(where), where), classes, values)


def listed_names(path: Path) -> list[str]:
    """Read the names of a list's images: the first path of each line, without folders and suffix.

    Raises:
        UserError: not text, or without names.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: the list of images cannot be read") from error
    names = [Path(line.split()[0]).stem for line in lines if line.strip()]
    if not names:
        raise UserError(f"{path}: the list of images is empty")
    return list(dict.fromkeys(names))
