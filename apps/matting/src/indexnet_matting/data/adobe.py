"""The Adobe data set of Deep Image Matting.

Its archive unpacks to:

    Combined_Dataset/
      Training_set/  Adobe-licensed images/{fg,alpha}  Other/{fg,alpha}
                     training_fg_names.txt  training_bg_names.txt
      Test_set/      Adobe-licensed images/{fg,alpha,trimaps}
                     test_fg_names.txt  test_bg_names.txt
"""

from collections.abc import Sequence
from pathlib import Path

from indexnet_engine.errors import UserError
from indexnet_engine.images.sample_photos import Split
from indexnet_matting.data.files import ForegroundFile, find_file, read_names

__all__ = [
    "PARTS",
    "SPLITS",
    "adobe_foregrounds",
    "adobe_names",
    "is_adobe",
    "names_file",
    "split_folder",
    "splits_in",
]

SPLITS: dict[Split, tuple[str, str]] = {"train": ("Training_set", "training"), "test": ("Test_set", "test")}
"""Split -> its folder, and the prefix of its lists' names."""

PARTS = ("Adobe-licensed images", "Other", ".")
"""Subfolders of a split that hold foregrounds; the last is for copies that were merged into one folder."""


def is_adobe(folder: str | Path) -> bool:
    """Return whether a folder is the unpacked archive, or one of its two splits."""
    folder = Path(folder)
    return any((folder / name).is_dir() for name in (SPLITS["train"][0], *PARTS[:-1]))


def splits_in(folder: str | Path) -> list[Split]:
    """List the splits that a folder holds; splits without folders and lists are left out.

    A folder that looks like a split but has no list counts as the training split, whose list is then reported
    missing.
    """
    there: list[Split] = [
        split
        for split, (name, _) in SPLITS.items()
        if Path(folder, name).is_dir() or names_file(folder, split, "fg").is_file()
    ]
    return there or ["train"]


def split_folder(folder: str | Path, split: Split) -> Path:
    """Return the folder of a split; or the folder itself if it is that of the split."""
    inner = Path(folder) / SPLITS[split][0]
    return inner if inner.is_dir() else Path(folder)


def adobe_names(folder: str | Path, split: Split, what: str) -> list[str]:
    """Read ``training_fg_names.txt`` and the like.

    Args:
        folder: the unpacked archive, or the folder of the split.
        split: half of the official split.
        what: ``"fg"`` for foregrounds or ``"bg"`` for backgrounds.

    Raises:
        UserError: the list is missing or empty.
    """
    return read_names(names_file(folder, split, what))


def names_file(folder: str | Path, split: Split, what: str) -> Path:
    """Return the path of a split's list of foregrounds (``"fg"``) or backgrounds (``"bg"``)."""
    return split_folder(folder, split) / f"{SPLITS[split][1]}_{what}_names.txt"


def adobe_foregrounds(
    folder: str | Path,
    split: Split = "train",
    *,
    names: Path | None = None,
    parts: Sequence[str] = PARTS,
    image_dir: str = "fg",
    alpha_dir: str = "alpha",
) -> list[ForegroundFile]:
    """List the foregrounds of the Adobe data set with their mattes, in the order of the list.

    Args:
        folder: the unpacked archive, or the folder of the split.
        split: half of the official split.
        names: a list of file names, one per line; the data set's own by default.
        parts: folders within the split that are searched, in this order.
        image_dir: folder of the foregrounds within a part.
        alpha_dir: folder of the mattes within a part.

    Raises:
        UserError: a file of the list is missing, or the list itself.
    """
    root = split_folder(folder, split)
    listed = read_names(names) if names is not None else adobe_names(folder, split, "fg")
    found = []
    for name in listed:
        for part in parts:
            image = find_file(root / part / image_dir, name)
            if image is not None:
                alpha = find_file(root / part / alpha_dir, name)
                if alpha is None:
                    raise UserError(f"{root / part / alpha_dir}: no matte for {image.name}")
                found.append(ForegroundFile(image.stem, image, alpha))
                break
        else:
            raise UserError(f"{root}: no foreground {name} in {', '.join(f'{p}/{image_dir}' for p in parts)}")
    return found
