"""Read the exact numbers of image files that hold distances or classes."""

import re
from pathlib import Path
from typing import Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import decode_image

__all__ = ["RawImage", "read_numbers", "read_raw"]

_PNM_HEADER = re.compile(rb"P[2356](?:\s+(?:#[^\n]*\n\s*)*(\d+)){3}")


class RawImage(NamedTuple):
    """The numbers of an image file."""

    values: NDArray[np.generic]
    """(H, W) or (H, W, C): bool, uint8, uint16, int32 or float32."""
    kind: Literal["gray", "colour", "palette"]
    """``"palette"``: the numbers (H, W) are indices into a table of colours."""


def read_raw(path: str | Path) -> RawImage:
    """Read an image file without any conversion except for the EXIF orientation, which is applied.

    The numbers of PGM files, which Pillow scales to 8 or 16 bits, are scaled back to those of the file.

    Raises:
        UserError: The file cannot be read, see `indexnet_engine.images.image_file.decode_image`.
    """
    raw = decode_image(Path(path), _raw)
    return raw._replace(values=_unstretched(Path(path), raw.values))


def read_numbers(path: str | Path) -> NDArray[np.integer]:
    """Read a file that holds one whole number per pixel, such as class labels.

    The numbers of a palette image are its indices; colours with three equal channels count as gray.

    Returns:
        uint8, uint16 or int32 (H, W).

    Raises:
        UserError: The file cannot be read, is compressed with loss, or holds colours, transparency or floats.
    """
    path = Path(path)
    numbers = decode_image(path, _numbers)
    with path.open("rb") as file:
        header = file.read(64)
    if header.startswith((b"\xff\xd8", b"\0\0\0\x0cjP  ")):
        raise UserError(f"{path}: JPEG does not keep numbers exactly; save them as PNG")
    if header.startswith(b"\x89PNG"):
        depth, colours = header[24], header[25]
        if depth == 16 and colours != 0:
            raise UserError(
                f"{path}: 16-bit colours; expected one number per pixel, a gray or a palette image"
            )
        if depth in (2, 4) and colours == 0:  # Pillow scales them to 8 bits
            return numbers // (255 // (2**depth - 1))
    return cast("NDArray[np.integer]", _unstretched(path, numbers))


def _raw(image: Image.Image) -> RawImage:
    values = np.asarray(image)
    if image.mode == "P":
        return RawImage(values, "palette")
    return RawImage(values, "gray" if values.ndim == 2 else "colour")


def _numbers(image: Image.Image) -> NDArray[np.integer]:
    """Return the numbers of a loaded image with one channel, (H, W)."""
    if image.mode in ("1", "L", "P") or image.mode.startswith("I"):
        values = np.asarray(image)
        return values.astype(np.uint8) if values.dtype == bool else values
    if image.mode == "F":
        raise UserError("holds floats; expected whole numbers")
    if image.has_transparency_data and np.asarray(image.convert("RGBA"))[..., 3].min() < 255:
        raise UserError("has transparency; expected one number per pixel")
    channels = np.asarray(image.convert("RGB"))
    if (channels != channels[..., :1]).any():
        raise UserError("is a colour image; expected one number per pixel, a gray or a palette image")
    return channels[..., 0]


def _unstretched(path: Path, values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Undo the scaling of Pillow for a PGM file whose largest value is neither 255 nor 65535."""
    with path.open("rb") as file:
        header = _PNM_HEADER.match(file.read(4096))
    top = 255 if values.dtype == np.uint8 else 65535
    if header is None or int(header[1]) in (top, 0):
        return values
    unstretched = np.rint(values.astype(np.float64) * (int(header[1]) / top))
    return unstretched.astype(np.uint8 if top == 255 else np.int32)
