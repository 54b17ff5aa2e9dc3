"""Reading depth maps (metres, 0 where nothing was measured) and photographs."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.units import UNITS, Unit, parse_unit
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import MAX_PIXELS, read_image
from indexnet_engine.images.raw_values import read_raw

__all__ = [
    "DEPTH_SUFFIXES",
    "USUAL_MEAN",
    "metres_of",
    "read_depth",
    "read_rgb",
    "require_unit",
    "stored_depth",
]

DEPTH_SUFFIXES = frozenset({".png", ".pgm", ".tif", ".tiff", ".npy"})
"""Files that `read_depth` understands."""

USUAL_MEAN = (0.5, 10.0)
"""Usual range of the mean depth of rooms in metres; others are possible, but noted."""

_FAR = 100.0  # m; a median beyond this is taken as another unit
_FAR_ROTATED = 20.0  # m; no sensor of SUN RGB-D reaches this far, while unrotated counts give some 30 m
_NEAR = 0.01  # m
_USUAL = ("millimetre", "1/5000 m", "metre")


def read_depth(path: str | Path, unit: Unit | str | None) -> NDArray[np.float32]:
    """Read a depth map: PNG, PGM or TIFF of integers or floats, or ``.npy``.

    Args:
        path: the file; an array in a ``.npy`` may have leading axes of length 1.
        unit: unit of the stored numbers, see `indexnet_depth.data.units.parse_unit`. Never guessed: None is
            an error that lists the median depth in each of the usual units.

    Returns:
        (H, W) in metres; 0 where the depth is invalid (0, not a number, infinite).

    Raises:
        UserError: a missing or damaged file, a colour picture, no unit, nothing valid, negative values, or a
            range that points to another unit (see `metres_of`); the message names the file.
    """
    unit = require_unit(unit, path)
    return metres_of(stored_depth(path), unit, path)


def require_unit(unit: Unit | str | None, path: str | Path) -> Unit:
    """Return a stated unit, parsed.

    Raises:
        UserError: none was, or it is unknown; the message lists the median depth in each of the usual units.
    """
    if unit is None:
        raise UserError(f"{path}: {_without_unit(stored_depth(path))}")
    return parse_unit(unit) if isinstance(unit, str) else unit


def read_rgb(path: str | Path) -> NDArray[np.float32]:
    """Read a photograph: any image, or a ``.npy`` (H, W, 3) of uint8 or of floats in [0, 1].

    Returns:
        (H, W, 3) in [0, 1].

    Raises:
        UserError: a missing or damaged file, another shape or range; the message names it.
    """
    path = Path(path)
    if path.suffix.lower() != ".npy":
        return read_image(path, 3)
    values = _array(path)
    if (
        values.ndim != 3
        or values.shape[2] != 3
        or not values.size
        or not (values.dtype == np.uint8 or values.dtype.kind == "f")
    ):
        raise UserError(f"{path}: holds {_kind(values)}; expected (H, W, 3) of uint8, or of floats in 0..1")
    image = values.astype(np.float32) / np.float32(255 if values.dtype == np.uint8 else 1)
    if not (image.min() >= 0 and image.max() <= 1):  # also false for not-a-number
        raise UserError(f"{path}: values {image.min():g}..{image.max():g}; a photograph must be in 0..1")
    return image


def stored_depth(path: str | Path) -> NDArray[np.generic]:
    """Read the numbers of a depth map as they are stored, (H, W).

    Raises:
        UserError: a missing or damaged file, or not one number per pixel.
    """
    path = Path(path)
    if path.suffix.lower() == ".npy":
        values = _array(path)
        while values.ndim > 2 and values.shape[0] == 1:
            values = values[0]
    else:
        values, kind = read_raw(path)
        if kind != "gray":
            raise UserError(f"{path}: a colour image, not depth; depth is one number per pixel")
    if values.ndim != 2 or values.dtype.kind not in "iuf" or values.size == 0:
        raise UserError(f"{path}: holds {_kind(values)}; expected depth (H, W), integers or floats")
    return values


def metres_of(stored: NDArray[np.generic], unit: Unit, where: object) -> NDArray[np.float32]:
    """Turn stored numbers into metres; 0 where invalid.

    Args:
        stored: (H, W), integers or floats; 0, not-a-number and infinity mark pixels without a measurement.
        unit: unit of the stored numbers.
        where: beginning of error messages.

    Raises:
        UserError: negative values, nothing valid, or a median over 100 m (typical of millimetres read as
            metres; 20 m for rotated counts) or under 1 cm.
    """
    if unit.rotated:
        stored = _rotated(stored, where)
    # The product is computed in float64, so that 16-bit counts give the nearest float32.
    depth = np.multiply(stored, unit.metres, dtype=np.float64).astype(np.float32)
    if stored.dtype.kind == "f":
        depth[~np.isfinite(depth)] = 0
    if (depth < 0).any():
        raise UserError(f"{where}: negative depth ({depth.min():g} m); invalid pixels must be 0 or nan")
    if not (depth > 0).any():
        raise UserError(f"{where}: no valid depth, every pixel is 0, nan or infinite")
    if not _may_be_unusual(depth, _FAR_ROTATED if unit.rotated else _FAR):
        return depth
    median = float(np.median(depth[depth > 0]))
    if unit.rotated and median > _FAR_ROTATED:
        raise UserError(
            f"{where}: a median depth of {median:.4g} m in the unit {unit.name}; "
            "these look like counts that are not rotated (millimetres?)"
        )
    if median > _FAR:
        looks = "; these look like millimetres" if unit.name == "metre" else "; is it another unit?"
        raise UserError(f"{where}: a median depth of {median:.4g} m in the unit {unit.name}{looks}")
    if median < _NEAR:
        looks = "; these look like metres" if unit.metres <= UNITS["millimetre"].metres else ""
        raise UserError(f"{where}: a median depth of {median:.2g} m in the unit {unit.name}{looks}")
    return depth


def _may_be_unusual(depth: NDArray[np.float32], far: float) -> bool:
    """Return, without sorting, whether the median of the valid pixels may lie beyond ``far`` or under 1 cm.

    It can only if at least half of them do.
    """
    valid = np.count_nonzero(depth)
    beyond = np.count_nonzero(depth > far)
    near = np.count_nonzero(depth <= _NEAR) - (depth.size - valid)
    return 2 * max(int(beyond), int(near)) >= int(valid)


def _rotated(stored: NDArray[np.generic], where: object) -> NDArray[np.uint16]:
    """Undo SUN RGB-D's rotation of 16 bits by three."""
    if stored.dtype.kind not in "iu" or stored.min() < 0 or stored.max() > 65535:
        raise UserError(f"{where}: the unit sunrgbd needs 16-bit integers, not {stored.dtype}")
    counts = stored.astype(np.uint16)
    return ((counts >> 3) | (counts << 13)).astype(np.uint16)


def _without_unit(stored: NDArray[np.generic]) -> str:
    """Return the message for a missing unit, with the median depth in each of the usual units."""
    numbers = stored.astype(np.float64)
    valid = numbers[np.isfinite(numbers) & (numbers > 0)]
    if valid.size == 0:
        return "no valid depth, every pixel is 0, nan or infinite"
    median = float(np.median(valid))
    meanings = [f"{median * UNITS[name].metres:.4g} m in {name}" for name in _USUAL]
    return (
        f"depth without a unit, which is never guessed; the median {median:.4g} is {', '.join(meanings)}; "
        f"state the unit: {', '.join(UNITS)}, 1/N m, or the metres per count"
    )


def _array(path: Path) -> NDArray[Any]:
    """Read a ``.npy``, at most MAX_PIXELS numbers; never pickled objects."""
    if path.is_dir():
        raise UserError(f"{path}: is a folder, expected a .npy file")
    try:
        # Mapped first, so that a header that declares more than the file holds allocates nothing.
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(mapped, np.ndarray):
            raise UserError(f"{path}: an archive of arrays; expected one array (.npy)")
        if mapped.size > 4 * MAX_PIXELS:
            raise UserError(f"{path}: {mapped.shape} is too large for an image")
        return np.array(mapped)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or 'damaged'})") from error
    except UserError:
        raise
    except Exception as error:  # numpy raises many types of errors on a broken header
        raise UserError(f"{path}: not a .npy array, or damaged") from error


def _kind(values: NDArray[Any]) -> str:
    """Describe an array: shape and type."""
    return f"{'x'.join(map(str, values.shape)) or 'one number'} {values.dtype}"
