"""Files of mattes, files that belong together, and lists of file names."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import READ_SUFFIXES, read_image

__all__ = ["ForegroundFile", "MattingFiles", "find_file", "read_alpha", "read_names"]

_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")


class ForegroundFile(NamedTuple):
    """A foreground and its matte."""

    name: str
    image: Path
    alpha: Path


class MattingFiles(NamedTuple):
    """The files of one test image."""

    image: Path
    alpha: Path
    trimap: Path


def find_file(folder: Path, name: str) -> Path | None:
    """Find a file by its name, or by its name with another image suffix; None if neither exists."""
    stem = name[: -len(Path(name).suffix)] if Path(name).suffix.lower() in READ_SUFFIXES else name
    candidates = (folder / other for other in (name, *(stem + suffix for suffix in _SUFFIXES)))
    return next((path for path in candidates if path.is_file()), None)


def read_alpha(path: str | Path) -> NDArray[np.float32]:
    """Read a matte; of three equal channels, as many tools write them, one is taken.

    Returns:
        float32 (H, W) in [0, 1]; 16-bit files keep their 16 bits.

    Raises:
        UserError: the file cannot be read, or its channels differ, so that none of them is the matte.
    """
    image = read_image(path)
    if image.shape[2] == 4:
        if image[..., 3].min() < 1:
            raise UserError(f"{path}: has transparency; save the matte as a gray image")
        image = image[..., :3]
    if image.shape[2] == 3 and not (image == image[..., :1]).all():
        raise UserError(f"{path}: its channels differ, so this is no matte; save it as a gray image")
    return np.ascontiguousarray(image[..., 0])


def read_names(path: str | Path) -> list[str]:
    """Read a list of file names, one per line; empty lines do not count.

    Raises:
        UserError: the file is missing, not text, or holds no names.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise UserError(f"{path}: the list of names cannot be read ({reason})") from error
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise UserError(f"{path}: the list of names is empty")
    return names
