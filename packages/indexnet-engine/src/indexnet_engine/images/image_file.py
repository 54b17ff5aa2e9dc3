"""Read and write images as float32 arrays (H, W, C) in [0, 1]; errors name the file on one line."""

import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors

ResultT = TypeVar("ResultT")

MAX_PIXELS = 400_000_000
"""Larger images are refused before they are decoded; 20,000 x 20,000 is the largest square."""

READ_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".ppm", ".pgm", ".pbm", ".jp2"}
)
WRITE_OPTIONS: dict[str, dict[str, Any]] = {
    ".png": {},
    ".jpg": {"quality": 95},
    ".jpeg": {"quality": 95},
    ".bmp": {},
    ".tif": {"compression": "tiff_deflate"},
    ".tiff": {"compression": "tiff_deflate"},
    ".webp": {"lossless": True},
}

# Only raster formats that Pillow decodes itself; EPS, for example, would start Ghostscript.
_FORMATS = ("PNG", "JPEG", "BMP", "DIB", "TIFF", "WEBP", "GIF", "PPM", "JPEG2000")
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R 601
_open_lock = threading.Lock()


def read_image(path: str | Path, channels: Literal[1, 3, 4] | None = None) -> NDArray[np.float32]:
    """Read an image file as the upright float32 array (H, W, C) in [0, 1].

    The EXIF orientation is applied; an animation is read as its first frame. 16-bit gray keeps its 16 bits;
    16-bit colour has the upper 8 bits, which is all that Pillow reads. Palette images become colour, 1-bit
    images gray, CMYK becomes RGB. 32-bit images are accepted if their values have a known scale: integers
    within 0..65535, floats within 0..1.

    Args:
        path: The file; its content decides the format, not its suffix.
        channels: 1 for gray, 3 for RGB, 4 for RGBA, converted as `convert_channels` does.
            None keeps the channels of the file: 1 for gray, 4 with transparency, 3 otherwise.

    Raises:
        UserError: The file is missing, a folder, empty, truncated, not an image or larger than
            ``MAX_PIXELS``; the message names it.
    """
    values = decode_image(Path(path), pixels_of)
    return values if channels is None else convert_channels(values, channels)


def read_pixels(path: str | Path) -> NDArray[np.generic]:
    """Read an image file as the upright array (H, W, 1 | 3 | 4) of the numbers that it holds.

    It takes a quarter of the memory of `read_image`, which otherwise equals it; see `in_unit_range`.

    Returns:
        uint8 or uint16, or float32 in [0, 1] from a file of floats.

    Raises:
        UserError: as in `read_image`.
    """
    return decode_image(Path(path), stored_pixels)


def decode_image(path: Path, convert: Callable[[Image.Image], ResultT]) -> ResultT:
    """Decode a file and convert the upright image; all functions that read image files use it.

    Raises:
        UserError: The file is missing, a folder, empty, truncated, not an image or larger than
            ``MAX_PIXELS``, or ``convert`` refuses it; the message starts with the file.
    """
    _check_readable(path)
    with _opened(path) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise UserError(f"{path}: {width}x{height} is more than {MAX_PIXELS / 1e6:g} million pixels")
        try:
            image.load()
            return convert(_upright(image))
        except UserError as error:
            raise UserError(f"{path}: {error}") from None
        except Exception as error:  # decoders raise almost anything on a broken file
            raise UserError(f"{path}: damaged image ({_one_line(error)})") from error


def convert_channels(image: NDArray[np.float32], channels: Literal[1, 3, 4]) -> NDArray[np.float32]:
    """Convert (H, W, 1 | 3 | 4) to gray, RGB or RGBA.

    Transparency is composited over white when the result has none. Gray is the luma of ITU-R 601,
    0.299 R + 0.587 G + 0.114 B, not rounded to 8 bits. A missing alpha is 1.

    >>> half_transparent_red = np.array([[[1.0, 0.0, 0.0, 0.5]]], dtype=np.float32)
    >>> convert_channels(half_transparent_red, 3).tolist()
    [[[1.0, 0.5, 0.5]]]
    """
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4):
        raise ValueError(f"expected an image (H, W, 1 | 3 | 4), got {image.shape}")
    if channels not in (1, 3, 4):
        raise ValueError(f"channels must be 1, 3 or 4, got {channels}")
    if image.shape[2] == channels:
        return image
    if image.shape[2] == 4:
        colour, alpha = image[..., :3], image[..., 3:]
        return convert_channels(colour * alpha + (1 - alpha), channels)
    if channels == 1:
        # A sum instead of matmul, whose order of summation depends on the machine.
        red, green, blue = (image[..., index : index + 1] * _LUMA[index] for index in range(3))
        return red + green + blue
    colour = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    if channels == 3:
        return colour
    return np.concatenate([colour, np.ones_like(colour[..., :1])], axis=2)


def write_image(path: str | Path, image: NDArray[np.generic], bits: Literal[8, 16] = 8) -> None:
    """Write an image atomically, in the format of the suffix; missing parent folders are made.

    Args:
        path: ``.png``, ``.bmp``, ``.tif``, ``.tiff`` and ``.webp`` are written without loss,
            ``.jpg`` and ``.jpeg`` with quality 95.
        image: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4). Floats are clipped to [0, 1] and rounded;
            uint8 and uint16 cover their whole range.
        bits: 16 for gray PNG or TIFF files only.

    Raises:
        UserError: The suffix is unknown, the format cannot hold the channels or bits, values are not finite,
            or the path cannot be written.
    """
    path = Path(path)
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4) or image.size == 0:
        raise ValueError(f"expected an image (H, W) or (H, W, 1 | 3 | 4), got {image.shape}")
    _require_format_for(path, image.shape[2], bits)
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise UserError(f"{path}: the image to be written holds values that are not finite")
    values = quantised(image, bits)
    pixels = Image.fromarray(values[..., 0] if values.shape[2] == 1 else values)
    make_folder(path.parent)
    with naming_write_errors(path), atomic_path(path) as temporary:
        pixels.save(temporary, **WRITE_OPTIONS[path.suffix.lower()])


def list_images(path: str | Path) -> list[Path]:
    """List the images of a folder (not of its subfolders), sorted by name; of a file, the file itself.

    Hidden files are ignored, such as the ``._*`` files that macOS writes on other file systems.

    Raises:
        UserError: ``path`` does not exist or is a folder without images; the message names a subfolder that
            has some.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise UserError(f"{path}: no such file or folder")
        if not path.is_dir():
            return [path]
        files = [file for file in path.iterdir() if _looks_like_image(file)]
        if not files:
            inner = sorted(folder for folder in path.iterdir() if folder.is_dir())
            found = next((f for f in inner if any(map(_looks_like_image, f.iterdir()))), None)
            where = f", but in {found.name}/ inside it" if found else f" ({_listed(READ_SUFFIXES)})"
            raise UserError(f"{path}: no images in this folder{where}")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({_one_line(error)})") from error
    return sorted(files)


def require_same_size(
    name: str | Path, image: NDArray[np.generic], other: str | Path, reference: NDArray[np.generic]
) -> None:
    """Refuse two arrays (H, W, …) of different height or width.

    Args:
        name: file of the image, with which the message starts.
        image: (H, W) or (H, W, C).
        other: file of the reference.
        reference: (H, W) or (H, W, C).

    Raises:
        UserError: the message has both files and their sizes.

    >>> require_same_size("t.png", np.zeros((4, 5)), "a.png", np.zeros((4, 6, 3)))
    Traceback (most recent call last):
    indexnet_engine.errors.UserError: t.png: is 4x5, but a.png is 4x6 (height x width)
    """
    if image.shape[:2] != reference.shape[:2]:
        sizes = [f"{height}x{width}" for height, width in (image.shape[:2], reference.shape[:2])]
        raise UserError(f"{name}: is {sizes[0]}, but {other} is {sizes[1]} (height x width)")


def to_tensor(image: NDArray[np.generic]) -> Tensor:
    """Convert an array (H, W) or (H, W, C) into a float32 tensor (1, C, H, W); values stay as they are."""
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3:
        raise ValueError(f"expected an image (H, W) or (H, W, C), got {image.shape}")
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)[None], dtype=np.float32))


def to_array(tensor: Tensor) -> NDArray[np.float32]:
    """Convert a tensor (1, C, H, W) or (C, H, W) into a float32 array (H, W, C); values stay as they are.

    >>> to_array(to_tensor(np.zeros((4, 6, 3)))).shape
    (4, 6, 3)
    """
    if tensor.ndim == 4 and tensor.shape[0] == 1:
        tensor = tensor[0]
    if tensor.ndim != 3:
        raise ValueError(f"expected a tensor (1, C, H, W) or (C, H, W), got {tuple(tensor.shape)}")
    return np.ascontiguousarray(tensor.detach().cpu().float().permute(1, 2, 0).numpy())


def _check_readable(path: Path) -> None:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        missing = isinstance(error, FileNotFoundError)
        raise UserError(f"{path}: {'no such file' if missing else _one_line(error)}") from error
    if stat.S_ISDIR(status.st_mode):
        raise UserError(f"{path}: is a folder, expected an image file")
    if not stat.S_ISREG(status.st_mode):  # a device or a pipe could block forever
        raise UserError(f"{path}: is not a regular file")
    if status.st_size == 0:
        raise UserError(f"{path}: the file is empty")


def _require_format_for(path: Path, channels: int, bits: int) -> None:
    """Refuse a suffix whose format cannot hold the channels or the bits."""
    suffix = path.suffix.lower()
    if suffix not in WRITE_OPTIONS:
        raise UserError(f"{path}: cannot write {suffix or 'a file without suffix'}; use one of {_listed()}")
    if bits == 16 and suffix not in (".png", ".tif", ".tiff"):
        raise UserError(f"{path}: 16 bits need a .png or .tif file")
    if bits == 16 and channels != 1:
        raise UserError(f"{path}: 16 bits are possible for gray images only; write colour with 8 bits")
    if channels == 4 and suffix in (".jpg", ".jpeg", ".bmp"):
        raise UserError(f"{path}: {suffix} holds no transparency; use .png")


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open the file and read its header; errors inside the ``with`` block are not changed."""
    try:
        with _own_size_limit():
            image = Image.open(path, formats=_FORMATS)
    except Image.UnidentifiedImageError as error:
        raise UserError(f"{path}: not an image, or damaged beyond recognition") from error
    except PermissionError as error:
        raise UserError(f"{path}: no permission to read it") from error
    except Exception as error:  # decoders raise almost anything on a broken file
        raise UserError(f"{path}: damaged image ({_one_line(error)})") from error
    with image:
        yield image


@contextmanager
def _own_size_limit() -> Iterator[None]:
    """Lift Pillow's own limit (a process-wide variable, 89 million pixels) while a header is read."""
    with _open_lock:
        limit = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # broken EXIF data do not affect the pixels, which are already loaded
        return image


def pixels_of(image: Image.Image) -> NDArray[np.float32]:
    """Convert a loaded image to its values, (H, W, 1 | 3 | 4) in [0, 1].

    Raises:
        UserError: 32-bit integers or floats have another scale.
    """
    return in_unit_range(stored_pixels(image))


def stored_pixels(image: Image.Image) -> NDArray[np.generic]:
    """Convert a loaded image to the numbers that it holds, (H, W, 1 | 3 | 4).

    Returns:
        uint8 or uint16, or float32 in [0, 1].

    Raises:
        UserError: 32-bit integers or floats have another scale.
    """
    if image.mode.startswith("I"):  # "I;16", "I;16B" and "I", the mode of 16-bit PGM files
        return _with_top(np.asarray(image), 65535, "32-bit integers", "0..65535").astype(np.uint16)
    if image.mode == "F":
        return _with_top(np.asarray(image), 1, "floats", "0..1").astype(np.float32)
    opaque_mode = "L" if image.mode in ("1", "L") else "RGB"
    mode = "RGBA" if image.has_transparency_data else opaque_mode
    values = np.asarray(image if image.mode == mode else image.convert(mode))
    return values[..., None] if values.ndim == 2 else values


def in_unit_range(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Divide integers by the largest number of their type; floats keep their values.

    >>> in_unit_range(np.array([0, 51, 255], np.uint8)).tolist()
    [0.0, 0.20000000298023224, 1.0]
    """
    if values.dtype.kind == "f":
        return values.astype(np.float32, copy=False)
    return np.divide(values, np.float32(np.iinfo(values.dtype.name).max), dtype=np.float32)


def _with_top(values: NDArray[np.generic], top: int, kind: str, span: str) -> NDArray[np.generic]:
    if not (values.min() >= 0 and values.max() <= top):  # also false for not-a-number
        found = f"{values.min()}..{values.max()}"
        raise UserError(f"values {found} have no known scale; {kind} must be in {span}")
    return values[..., None]


def quantised(image: NDArray[np.generic], bits: Literal[8, 16] = 8) -> NDArray[np.uint8 | np.uint16]:
    """Convert floats, clipped to [0, 1], or uint8 or uint16 to uint8 or uint16, rounding to nearest."""
    kind = np.dtype(np.uint8 if bits == 8 else np.uint16)
    if image.dtype.kind == "f":
        unit = image.astype(np.float64)
    elif image.dtype in (np.uint8, np.uint16):
        unit = image.astype(np.float64) / np.iinfo(image.dtype.name).max
    else:
        raise ValueError(f"expected floats, uint8 or uint16, got {image.dtype}")
    return np.rint(unit.clip(0, 1) * np.iinfo(kind.name).max).astype(kind)


def _looks_like_image(file: Path) -> bool:
    return file.suffix.lower() in READ_SUFFIXES and not file.name.startswith(".") and file.is_file()


def _listed(suffixes: frozenset[str] | None = None) -> str:
    return ", ".join(sorted(suffixes or WRITE_OPTIONS))


def _one_line(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__
