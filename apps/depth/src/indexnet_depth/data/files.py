"""Reading one depth map: metres, and 0 where nothing was measured."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.units import Unit

__all__ = ["DEPTH_SUFFIXES", "metres_of", "read_depth"]

DEPTH_SUFFIXES = frozenset({".png", ".pgm", ".tif", ".tiff", ".npy"})
"""Files that :func:`read_depth` understands."""


def read_depth(path: str | Path, unit: Unit | str | None) -> NDArray[np.float32]:
    """Read a depth map: PNG, PGM or TIFF of integers or floats, or ``.npy``.

    Args:
        path: the file; an array in a ``.npy`` may have leading axes of length 1.
        unit: of the stored numbers, see :func:`~indexnet_depth.data.units.parse_unit`. Never guessed: None is
            refused, with what the file would hold in each of the usual units.

    Returns:
        (H, W) in metres; 0 where the depth is invalid (0, not a number, infinite).

    Raises:
        UserError: a missing or damaged file, a colour picture, no unit, nothing valid, negative values, or a
            range that says that the unit is another one (see :func:`metres_of`); the message names the file.
    """
    raise NotImplementedError


def metres_of(stored: NDArray[np.generic], unit: Unit, where: str | Path) -> NDArray[np.float32]:
    """Turn stored numbers into metres; 0 where invalid.

    Raises:
        UserError: negative values, nothing valid, or a median over 100 m (which looks like millimetres that
            were called metres) or under 1 cm; begins with ``where``.
    """
    raise NotImplementedError
