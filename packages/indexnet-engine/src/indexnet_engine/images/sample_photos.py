"""The sample photos of scikit-image, so that every command runs without a download."""

from importlib.resources import files
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image

Split: TypeAlias = Literal["train", "test"]

# Chosen by eye. The test photos have fine detail of different kinds: a person on a lawn, fur and whiskers,
# engraved relief, pebbles. Neither split has images that are not photos (text, drawings), near duplicates
# (motorcycle_right), or two large and almost empty photos (retina, the Hubble deep field), which would make
# up half of all training patches.
PHOTOGRAPHS: dict[Split, dict[str, str]] = {
    "train": {
        "astronaut": "astronaut.png",
        "brick": "brick.png",
        "coffee": "coffee.png",
        "grass": "grass.png",
        "ihc": "ihc.png",
        "moon": "moon.png",
        "motorcycle": "motorcycle_left.png",
        "rocket": "rocket.jpg",
    },
    "test": {
        "camera": "camera.png",
        "chelsea": "chelsea.png",
        "coins": "coins.png",
        "gravel": "gravel.png",
    },
}


def is_builtin(data: str | Path) -> bool:
    """Return whether a data set is the word ``builtin``; use ``./builtin`` for a folder of that name."""
    return str(data) == "builtin"


def photograph_files(split: Split) -> dict[str, Path]:
    """List the files of a split, by name.

    Raises:
        UserError: the installed scikit-image lacks one of them.

    >>> sorted(photograph_files("test"))
    ['camera', 'chelsea', 'coins', 'gravel']
    """
    folder = Path(str(files("skimage") / "data"))
    paths = {name: folder / file for name, file in PHOTOGRAPHS[split].items()}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise UserError(
            f"builtin photographs missing from {folder}: {', '.join(missing)}; "
            "reinstall scikit-image or give a folder of images"
        )
    return paths


def photographs(split: Split, channels: Literal[1, 3] = 1) -> dict[str, NDArray[np.float32]]:
    """Read the photos of a split.

    Args:
        split: ``train`` (8 photos) or ``test`` (4 others).
        channels: 1 for gray, 3 for colour (gray photos get three equal channels).

    Returns:
        Name -> float32 (H, W, C) in [0, 1].
    """
    return {name: read_image(path, channels) for name, path in photograph_files(split).items()}
