"""Trimaps from mattes or binary masks."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError, check_number
from indexnet_engine.files import make_folder
from indexnet_engine.images.folders import images_by_name, refuse_overwriting
from indexnet_engine.images.image_file import write_image
from indexnet_engine.progress import progress_bar, say
from indexnet_engine.reports.data_problems import counted
from indexnet_matting.data.files import read_alpha
from indexnet_matting.data.trimap import UNKNOWN, trimap_from_alpha

__all__ = ["TrimapConfig", "trimap"]


@dataclass
class TrimapConfig:
    """Input, output and width of the unknown region."""

    input: Path
    """Matte or binary mask, or a folder of them."""
    out: Path = Path("trimaps")
    """Folder for the trimaps, NAME.png."""
    erode: int = 10
    """Reach of the unknown region into the foreground, in pixels."""
    dilate: int = 10
    """Reach of the unknown region into the background, in pixels."""


def trimap(config: TrimapConfig) -> None:
    """Make a trimap of every matte; bad files are reported before anything is written."""
    check_number("erode", config.erode)
    check_number("dilate", config.dilate)
    files = images_by_name(config.input)
    refuse_overwriting((config.out / f"{name}.png" for name in files), files.values())
    for file in files.values():
        _make(file, config)
    make_folder(config.out)
    with progress_bar(len(files), "trimaps", unit="image") as bar:
        for name, file in files.items():
            write_image(config.out / f"{name}.png", _make(file, config))
            bar.update()
    say(f"wrote {counted(len(files), 'trimap')} to {config.out}")


def _make(file: Path, config: TrimapConfig) -> NDArray[np.uint8]:
    alpha = read_alpha(file)
    if alpha.min() == alpha.max() and alpha.flat[0] in (0, 1):
        kind = "opaque" if alpha.flat[0] else "transparent"
        raise UserError(f"{file}: {kind} everywhere, so it has no edge to mark as unknown")
    made = trimap_from_alpha(alpha, config.erode, config.dilate)
    if not (made == UNKNOWN).any():
        raise UserError(f"{file}: a binary mask has no unknown pixels; raise --erode or --dilate")
    return made
