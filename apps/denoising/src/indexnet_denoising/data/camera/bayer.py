"""Bayer mosaics, and the interpolation of their missing colours by linear filters.

A mosaic has red, green / green, blue in every 2×2 cell. Both filters compute each of the four pixels of a
cell, in each of the three colours, from a 6×6 window around the cell.
"""

from functools import cache
from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

__all__ = ["DEMOSAICS", "Demosaic", "demosaic", "mosaic"]

Demosaic: TypeAlias = Literal["bilinear", "gradient-corrected"]

DEMOSAICS: tuple[Demosaic, ...] = get_args(Demosaic)
"""``bilinear`` averages the nearest pixels of the colour; ``gradient-corrected`` also uses the other two
colours (Malvar, He, Cutler, "High-quality linear interpolation for demosaicing", ICASSP 2004, Fig. 2)."""

_COLOURS = ((0, 1), (1, 2))
"""Colour of each pixel of a cell: red, green / green, blue."""

# Filters by what they compute: green; red or blue at a green pixel with that colour in its row (transposed
# for its column); red at blue and blue at red. They are symmetric: the upper left quarter, the centre last.
_Quarter: TypeAlias = tuple[tuple[float, float, float], ...]
_BILINEAR: dict[str, _Quarter] = {
    "green": ((0, 0, 0), (0, 0, 1 / 4), (0, 1 / 4, 0)),
    "row": ((0, 0, 0), (0, 0, 0), (0, 1 / 2, 0)),
    "opposite": ((0, 0, 0), (0, 1 / 4, 0), (0, 0, 0)),
}
_GRADIENT_CORRECTED: dict[str, _Quarter] = {
    "green": ((0, 0, -1 / 8), (0, 0, 2 / 8), (-1 / 8, 2 / 8, 4 / 8)),
    "row": ((0, 0, 1 / 16), (0, -1 / 8, 0), (-1 / 8, 4 / 8, 5 / 8)),
    "opposite": ((0, 0, -3 / 16), (0, 2 / 8, 0), (-3 / 16, 0, 6 / 8)),
}
_QUARTERS: dict[Demosaic, dict[str, _Quarter]] = {
    "bilinear": _BILINEAR,
    "gradient-corrected": _GRADIENT_CORRECTED,
}


def mosaic(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Keep one colour of each pixel: red, green / green, blue.

    Shape: (..., 3, H, W) -> (..., H, W)
    """
    raw = image[..., 1, :, :].copy()
    raw[..., ::2, ::2] = image[..., 0, ::2, ::2]
    raw[..., 1::2, 1::2] = image[..., 2, 1::2, 1::2]
    return raw


def demosaic(raw: NDArray[np.float32], method: Demosaic) -> NDArray[np.float32]:
    """Interpolate the missing colours of a mosaic; pixels keep the colour that they have.

    Beyond the border the mosaic is continued by reflection at its outermost pixels, which keeps the pattern.

    Args:
        raw: mosaics with even sides of at least 4 pixels.
        method: one of `DEMOSAICS`.

    Shape: (B, H, W) -> (B, 3, H, W)
    """
    padded = F.pad(torch.from_numpy(raw[:, None]), (2, 2, 2, 2), mode="reflect")
    planes = F.conv2d(padded, _filters(method), stride=2)  # (B, 12, H/2, W/2)
    return F.pixel_shuffle(planes, 2).numpy()


@cache
def _filters(method: Demosaic) -> torch.Tensor:
    """The 12 filters (12, 1, 6, 6): colour by colour, the four pixels of a cell."""
    filters = torch.zeros(3, 2, 2, 6, 6)
    for wanted in range(3):
        for row in range(2):
            for column in range(2):
                kernel = _kernel(method, wanted, row, column)
                filters[wanted, row, column, row : row + 5, column : column + 5] = torch.from_numpy(kernel)
    return filters.reshape(12, 1, 6, 6)


def _kernel(method: Demosaic, wanted: int, row: int, column: int) -> NDArray[np.float64]:
    """The 5×5 filter that gives the wanted colour at a pixel of a cell."""
    if _COLOURS[row][column] == wanted:
        kernel = np.zeros((5, 5))
        kernel[2, 2] = 1
        return kernel
    quarters = _QUARTERS[method]
    if wanted == 1:
        return _whole(quarters["green"])
    if _COLOURS[row][column] != 1:
        return _whole(quarters["opposite"])
    in_row = wanted in _COLOURS[row]
    return _whole(quarters["row"]) if in_row else _whole(quarters["row"]).T


def _whole(quarter: _Quarter) -> NDArray[np.float64]:
    """Continue the upper left quarter of a filter by symmetry. (3, 3) -> (5, 5)."""
    return np.pad(np.array(quarter, float), ((0, 2), (0, 2)), mode="reflect")
