"""The registries of data sets: foregrounds for training, and images with trimaps for evaluation."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import find_folder
from indexnet_engine.images.layouts import require_layout
from indexnet_engine.images.sample_photos import is_builtin
from indexnet_matting.data.adobe import adobe_foregrounds, is_adobe, names_file
from indexnet_matting.data.backgrounds import (
    BackgroundScale,
    find_background,
    images_folder,
    open_backgrounds,
)
from indexnet_matting.data.crop import CROPS, check_crops
from indexnet_matting.data.dataset import REPEATS, MattingDataset
from indexnet_matting.data.files import read_names
from indexnet_matting.data.folder import BACKGROUNDS, folder_foregrounds, folder_tests
from indexnet_matting.data.foregrounds import Foregrounds, cache_foregrounds
from indexnet_matting.data.generator.open_generated import GeneratedTestSet, is_generated
from indexnet_matting.data.synthetic import SyntheticForegrounds
from indexnet_matting.data.trimap_images import FolderTestSet, SyntheticTestSet, TestImage

__all__ = [
    "EVALUATION_LAYOUTS",
    "TRAINING_LAYOUTS",
    "EvaluationLayout",
    "TrainingLayout",
    "load_test_set",
    "open_training_data",
    "training_backgrounds",
]


class TrainingLayout(NamedTuple):
    """An entry of the registry of layouts with foregrounds and their mattes."""

    expects: str
    """The layout in words, for errors."""
    recognises: Callable[[str | Path], bool]
    open: Callable[[Path, str | Path | None], Foregrounds]
    """Opens the foregrounds of a folder, decoded into a cache folder."""


TRAINING_LAYOUTS: dict[str, TrainingLayout] = {
    "builtin": TrainingLayout("builtin", is_builtin, lambda root, cache_dir: SyntheticForegrounds("train")),
    "adobe": TrainingLayout(
        "the Adobe data set",
        is_adobe,
        lambda root, cache_dir: cache_foregrounds(adobe_foregrounds(root), cache_dir),
    ),
    "folder": TrainingLayout(
        "fg/ and alpha/",
        lambda source: Path(source).is_dir(),
        lambda root, cache_dir: cache_foregrounds(folder_foregrounds(root), cache_dir),
    ),
}
"""The layouts in the order in which they are tried; ``folder`` names the subfolders that are missing."""


class EvaluationLayout(NamedTuple):
    """An entry of the registry of layouts with images, trimaps and true mattes."""

    expects: str
    """The layout in words, for errors."""
    recognises: Callable[[str | Path], bool]
    open: Callable[[Path], Mapping[str, TestImage]]


EVALUATION_LAYOUTS: dict[str, EvaluationLayout] = {
    "builtin": EvaluationLayout("builtin", is_builtin, lambda root: SyntheticTestSet()),
    "generated": EvaluationLayout("generated", is_generated, lambda root: GeneratedTestSet()),
    "folder": EvaluationLayout(
        "image/, alpha/ and trimap/",
        lambda source: Path(source).is_dir(),
        lambda root: FolderTestSet(folder_tests(root)),
    ),
}
"""The layouts in the order in which they are tried; ``folder`` names the subfolders that are missing."""


def open_training_data(
    data: str | Path,
    backgrounds: str | Path | None = None,
    *,
    cache_dir: str | Path | None = None,
    seed: int = 0,
    crops: Sequence[int] = CROPS,
    size: int = 320,
    repeats: int = REPEATS,
    background_names: str | Path | None = None,
    background_scale: BackgroundScale = "foreground",
) -> MattingDataset:
    """Open training data; foregrounds are decoded into the cache the first time.

    Args:
        data: ``"builtin"``; a folder with ``fg/`` and ``alpha/``; or the Adobe data set.
        backgrounds: a folder of images, COCO or VOC, or ``"builtin"``. By default ``backgrounds/`` in the
            data folder, and the builtin photographs where there is none.
        cache_dir: see `indexnet_matting.data.foregrounds.cache_foregrounds`.
        seed: seed of all random choices.
        crops: sides of the crops in pixels.
        size: side of a sample in pixels.
        repeats: samples of each foreground in an epoch.
        background_names: a file that lists the backgrounds to use, one per line; by default the Adobe data
            set's own list where its first background is in the folder, and otherwise all of the folder.
        background_scale: whether a background covers the whole foreground, or only the crop.

    Raises:
        UserError: something is missing or damaged; the message names it.
    """
    check_crops(crops, size)
    scenery = training_backgrounds(data, backgrounds)
    if background_names is not None and is_builtin(scenery):
        raise UserError(f"{background_names}: a list of backgrounds needs the folder that they are in")
    scenes = open_backgrounds(scenery, background_names or own_list(data, scenery))
    foregrounds = require_layout(data, TRAINING_LAYOUTS).open(Path(data), cache_dir)
    return MattingDataset(
        foregrounds,
        scenes,
        seed,
        crops=crops,
        size=size,
        repeats=repeats,
        background_scale=background_scale,
    )


def training_backgrounds(data: str | Path, backgrounds: str | Path | None = None) -> str | Path:
    """Choose the backgrounds: those given, those in the data folder, or the builtin photographs."""
    if backgrounds is not None:
        return backgrounds
    return "builtin" if is_builtin(data) else find_folder(data, BACKGROUNDS) or "builtin"


def own_list(data: str | Path, backgrounds: str | Path) -> Path | None:
    """Return the Adobe data set's list of backgrounds, if these are the ones that it lists."""
    if is_builtin(data) or is_builtin(backgrounds) or not is_adobe(data):
        return None
    names = names_file(data, "train", "bg")
    listed = names.is_file() and find_background(images_folder(backgrounds), read_names(names)[0])
    return names if listed else None


def load_test_set(data: str | Path) -> Mapping[str, TestImage]:
    """List a test set by name; an image is read when it is asked for.

    Args:
        data: ``"builtin"``, ``"generated"``, or a folder with ``image/`` (or Composition-1k's ``merged/``),
            ``alpha/`` and ``trimap/``.

    Raises:
        UserError: a folder is missing, or an image lacks its matte or trimap. Bad files raise when they are
            read.
    """
    return require_layout(data, EVALUATION_LAYOUTS).open(Path(data))
