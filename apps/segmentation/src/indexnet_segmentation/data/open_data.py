"""Which data set a word or a folder means."""

from pathlib import Path

from indexnet_engine.errors import UserError
from indexnet_engine.images.sample_photos import is_builtin
from indexnet_segmentation.data.camvid import camvid_splits, is_camvid, open_camvid
from indexnet_segmentation.data.folder import SPLITS, class_file, folder_splits, open_folder
from indexnet_segmentation.data.labelled_images import LabelledImages, Split
from indexnet_segmentation.data.sun_rgbd import SPLITS as SUN_RGBD_SPLITS
from indexnet_segmentation.data.sun_rgbd import is_sun_rgbd, open_sun_rgbd
from indexnet_segmentation.data.synthetic import SyntheticScenes

__all__ = [
    "LabelledImages",
    "Split",
    "data_splits",
    "has_splits",
    "labels_are_known",
    "labels_say_themselves",
    "open_data",
]


def data_splits(source: str | Path) -> tuple[Split, ...]:
    """Name the splits of a data set; a folder without parts, or one that is not there, counts as each.

    >>> data_splits("builtin")
    ('train', 'val', 'test')
    """
    root = Path(source)
    if is_builtin(source):
        return SPLITS
    if is_camvid(root):
        return camvid_splits(root)
    if is_sun_rgbd(root):
        return SUN_RGBD_SPLITS
    return folder_splits(root) or SPLITS


def has_splits(source: str | Path) -> bool:
    """Tell whether a data set has parts; a folder with ``image/`` and ``label/`` has none."""
    root = Path(source)
    return is_builtin(source) or is_camvid(root) or is_sun_rgbd(root) or bool(folder_splits(root))


def labels_are_known(source: str | Path) -> bool:
    """Tell whether a data set says itself, in one way only, what the numbers in its labels mean."""
    return is_builtin(source) or is_sun_rgbd(Path(source))


def labels_say_themselves(source: str | Path, split: Split) -> bool:
    """Tell whether a data set says in whatever way what its numbers mean: by its kind, or classes.yaml."""
    root = Path(source)
    if labels_are_known(source) or is_camvid(root):
        return True
    return root.is_dir() and class_file(root, split) is not None


def open_data(
    source: str | Path, split: Split, labels: str | None = None, cache_dir: Path | None = None
) -> LabelledImages:
    """Open a data set.

    Args:
        source: ``"builtin"``; CamVid in SegNet's layout; SUN RGB-D as it unpacks, or as
            ``tools/prepare/sun_rgbd_labels.py`` writes it;
            or a folder with ``image/`` and ``label/``, which may lie
            in ``train/``, ``val/`` and ``test/``.
        split: which part. A folder without parts is taken as it is.
        labels: a name of `KNOWN` or a ``classes.yaml`` that says what the numbers in the label files mean. By
            default ``classes.yaml`` in the folder; never guessed.
        cache_dir: where the listing of SUN RGB-D is kept; see `open_sun_rgbd`.

    Raises:
        UserError: none of these layouts, the split is not there, or files are missing.
    """
    root = Path(source)
    if labels is not None and labels_are_known(source):
        raise UserError(f"labels {labels}: what those of {source} mean is known; leave this out")
    if is_builtin(source):
        return SyntheticScenes(split)
    if is_camvid(root):
        return open_camvid(root, split, labels)
    if is_sun_rgbd(root):
        return open_sun_rgbd(root, split, cache_dir)
    return open_folder(root, split, labels)
