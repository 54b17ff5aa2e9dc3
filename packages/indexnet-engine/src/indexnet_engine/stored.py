"""Images whose numbers mean something, such as distances or classes: read exactly as they are stored."""

import re
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images import MAX_PIXELS, _check_readable, _one_line, _opened

__all__ = ["Stored", "read_stored"]

_PNM_HEADER = re.compile(rb"P[2356](?:\s+(?:#[^\n]*\n\s*)*(\d+)){3}")


class Stored(NamedTuple):
    """The numbers of an image file."""

    values: NDArray[np.generic]
    """(H, W) or (H, W, C): bool, uint8, uint16, int32 or float32."""
    kind: Literal["gray", "colour", "palette"]
    """``"palette"``: the numbers, (H, W), point into a table of colours."""


def read_stored(path: str | Path) -> Stored:
    """Read an image file without any conversion; neither is it turned by an EXIF orientation.

    The numbers of PGM files, which Pillow stretches to 16 bits, are brought back to what the file holds.

    Raises:
        UserError: The file is missing, a folder, empty, damaged, not an image, or larger than
            ``MAX_PIXELS``; the message names it.
    """
    path = Path(path)
    _check_readable(path)
    with _opened(path) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise UserError(f"{path}: {width}x{height} is more than {MAX_PIXELS / 1e6:g} million pixels")
        try:
            image.load()
            values = np.asarray(image)
        except Exception as error:  # on a broken file, decoders raise almost anything
            raise UserError(f"{path}: damaged image ({_one_line(error)})") from error
        if image.format == "PPM" and image.mode in ("I", "L"):
            values = _unstretched(path, image, values)
        if image.mode == "P":
            return Stored(values, "palette")
    return Stored(values, "gray" if values.ndim == 2 else "colour")


def _unstretched(path: Path, image: Image.Image, values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Undo what Pillow does to a PGM file whose largest value is neither 255 nor 65535."""
    with path.open("rb") as file:
        header = _PNM_HEADER.match(file.read(4096))
    top = 65535 if image.mode == "I" else 255
    if header is None or int(header[1]) in (top, 0):
        return values
    return np.rint(values.astype(np.float64) * (int(header[1]) / top)).astype(
        np.uint8 if top == 255 else np.int32
    )
