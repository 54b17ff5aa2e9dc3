"""The registry of data sets: how a layout of images is recognised and how its images are listed."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.images.folders import images_by_name
from indexnet_engine.images.image_file import read_image
from indexnet_engine.images.layouts import require_layout
from indexnet_engine.images.sample_photos import Split, is_builtin, photograph_files

__all__ = ["LAYOUTS", "Layout", "image_files", "load_images"]


class Layout(NamedTuple):
    """An entry of the registry."""

    expects: str
    """The layout in words, for errors."""
    recognises: Callable[[str | Path], bool]
    files: Callable[[Path, Split], dict[str, Path]]
    """Lists the images of a split by name, sorted."""


LAYOUTS: dict[str, Layout] = {
    "builtin": Layout("builtin", is_builtin, lambda root, split: photograph_files(split)),
    "images": Layout(
        "a folder of images or one image",
        lambda source: Path(source).exists(),
        lambda root, split: images_by_name(root),
    ),
}
"""The layouts in the order in which they are tried."""


def image_files(data: str | Path, split: Split = "train") -> dict[str, Path]:
    """List the images of a data set, by name.

    Args:
        data: ``"builtin"``, a folder (flat, any mixture of formats) or one image file. A folder named
            builtin is given as ``./builtin``.
        split: split of the builtin photographs; a folder has no splits.

    Returns:
        Name (file name without suffix) -> path, sorted by name.

    Raises:
        UserError: a missing path, no images, or two files that differ only in their suffix.
    """
    return require_layout(data, LAYOUTS).files(Path(data), split)


def load_images(
    data: str | Path, split: Split = "train", channels: Literal[1, 3] = 1
) -> dict[str, NDArray[np.float32]]:
    """Read all images of a data set (`image_files`) into memory.

    Returns:
        Name -> float32 (H, W, C) in [0, 1], C being ``channels``.

    >>> images = load_images("builtin", "test")
    >>> images["chelsea"].shape
    (300, 451, 1)
    """
    return {name: read_image(path, channels) for name, path in image_files(data, split).items()}
