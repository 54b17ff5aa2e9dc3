"""The registry of data sets: how a layout is recognised, what its splits are, and how it is opened."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from indexnet_engine.errors import UserError
from indexnet_engine.images.layouts import find_layout, require_layout
from indexnet_engine.images.sample_photos import is_builtin
from indexnet_segmentation.data.camvid import camvid_splits, is_camvid, open_camvid
from indexnet_segmentation.data.folder import SPLITS, class_file, folder_splits, is_folder, open_folder
from indexnet_segmentation.data.labelled_images import LabelledImages, Split
from indexnet_segmentation.data.sun_rgbd import SPLITS as SUN_RGBD_SPLITS
from indexnet_segmentation.data.sun_rgbd import is_sun_rgbd, open_sun_rgbd
from indexnet_segmentation.data.synthetic import SyntheticScenes

__all__ = [
    "LAYOUTS",
    "LabelledImages",
    "Layout",
    "Request",
    "Split",
    "data_splits",
    "has_splits",
    "labels_are_defined",
    "labels_are_fixed",
    "open_data",
]


class Request(NamedTuple):
    """The arguments of `open_data`."""

    root: Path
    split: Split
    labels: str | None
    cache_dir: Path | None


class Layout(NamedTuple):
    """An entry of the registry."""

    expects: str
    """The layout in words, for errors."""
    recognises: Callable[[str | Path], bool]
    splits: Callable[[Path], tuple[Split, ...]]
    """Its splits; none where a folder is one set."""
    open: Callable[[Request], LabelledImages]
    labels: Literal["fixed", "default", "stated"] = "stated"
    """``fixed``: the layout defines the numbers in its labels. ``default``: it does unless others are given.
    ``stated``: ``classes.yaml`` in the folder or ``--labels`` defines them."""


LAYOUTS: dict[str, Layout] = {
    "builtin": Layout(
        "builtin",
        is_builtin,
        lambda root: SPLITS,
        lambda request: SyntheticScenes(request.split),
        "fixed",
    ),
    "camvid": Layout(
        "CamVid (train/ and trainannot/)",
        is_camvid,
        camvid_splits,
        lambda request: open_camvid(request.root, request.split, request.labels),
        "default",
    ),
    "sun_rgbd": Layout(
        "SUN RGB-D (SUNRGBD/ and SUNRGBDtoolbox/)",
        is_sun_rgbd,
        lambda root: SUN_RGBD_SPLITS,
        lambda request: open_sun_rgbd(request.root, request.split, request.cache_dir),
        "fixed",
    ),
    "folder": Layout(
        "image/ and label/ (also in train/, val/ and test/)",
        is_folder,
        folder_splits,
        lambda request: open_folder(request.root, request.split, request.labels),
    ),
}
"""The layouts in the order in which they are tried."""


def data_splits(source: str | Path) -> tuple[Split, ...]:
    """Return the splits of a data set; a folder without splits counts as each of them.

    Raises:
        UserError: no such folder, or none of the layouts.

    >>> data_splits("builtin")
    ('train', 'val', 'test')
    """
    return require_layout(source, LAYOUTS).splits(Path(source)) or SPLITS


def has_splits(source: str | Path) -> bool:
    """Return whether a data set has splits; a folder with ``image/`` and ``label/`` has none."""
    layout = find_layout(source, LAYOUTS)
    return layout is not None and bool(layout.splits(Path(source)))


def labels_are_fixed(source: str | Path) -> bool:
    """Return whether the layout fixes the numbers in its labels, so that no others can be stated."""
    layout = find_layout(source, LAYOUTS)
    return layout is not None and layout.labels == "fixed"


def labels_are_defined(source: str | Path, split: Split) -> bool:
    """Return whether the numbers in the labels are defined by the layout or by ``classes.yaml``."""
    layout = find_layout(source, LAYOUTS)
    if layout is None:
        return False
    return layout.labels != "stated" or class_file(Path(source), split) is not None


def open_data(
    source: str | Path, split: Split, labels: str | None = None, cache_dir: Path | None = None
) -> LabelledImages:
    """Open a data set.

    Args:
        source: ``"builtin"`` or a folder of one of the `LAYOUTS`: CamVid in SegNet's layout; SUN RGB-D as it
            unpacks, or as ``tools/prepare/sun_rgbd_labels.py`` writes it; a folder with ``image/`` and
            ``label/``, which may lie in ``train/``, ``val/`` and ``test/``.
        split: the split to open. A folder without splits is opened whole.
        labels: a name of `KNOWN` or a ``classes.yaml`` that defines the numbers in the label files. By
            default ``classes.yaml`` in the folder; never guessed.
        cache_dir: folder for the listing of SUN RGB-D; see `open_sun_rgbd`.

    Raises:
        UserError: none of the layouts, the split does not exist, or files are missing.
    """
    layout = require_layout(source, LAYOUTS)
    if labels is not None and layout.labels == "fixed":
        raise UserError(f"labels {labels} cannot be combined with {source}, whose labels are known")
    return layout.open(Request(Path(source), split, labels, cache_dir))
