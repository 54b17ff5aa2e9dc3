"""Mattes without a network: closed-form, KNN, learning-based and other methods, by pymatting.

They solve one linear system for each image. pymatting is imported here only, when it is first needed: its
numba kernels take seconds to load.
"""

import math
from contextlib import redirect_stdout
from io import StringIO
from types import ModuleType
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import OptionError, UserError
from indexnet_engine.images.image_file import require_same_size
from indexnet_engine.inference.image_input import ImageLike, as_image
from indexnet_matting.data.trimap import BACKGROUND, FOREGROUND, UNKNOWN, as_trimap
from indexnet_matting.joint_upsampling import upsample_matte

__all__ = ["DEFAULT_METHOD", "METHODS", "MattingSolver", "Method", "load_pymatting", "require_both"]

Method = Literal["closed-form", "knn", "learning-based", "random-walk"]
"""Names of `METHODS`."""

DEFAULT_METHOD: Method = "closed-form"


class _Cost(NamedTuple):
    """A function of pymatting and the memory it needs."""

    function: str
    pixel: int
    """bytes for each pixel"""
    unknown: int
    """further bytes for each unknown pixel"""


METHODS: dict[Method, _Cost] = {
    "closed-form": _Cost("estimate_alpha_cf", 400, 2300),  # Levin et al., 2008
    "knn": _Cost("estimate_alpha_knn", 3600, 0),  # Chen et al., 2013
    "learning-based": _Cost("estimate_alpha_lbdm", 2700, 0),  # Zheng and Kambhamettu, 2009
    "random-walk": _Cost("estimate_alpha_rw", 600, 0),  # Grady et al., 2005
}
"""Method -> its function and its memory.

Measured as the growth of the resident memory at 0.1 to 0.5 million pixels; that of closed-form matting was
510 bytes for each pixel with a tenth of them unknown, 1150 with two fifths and 2290 with nine tenths.
"""

_SMALLEST = 24
"""Side in pixels to which smaller images are extended: windows and neighbours have to fit."""


class MattingSolver:
    """Solves the matte of an image with its trimap; known pixels take the trimap's value.

    An image that needs more memory than allowed is reduced, and the matte is enlarged along the image's edges
    (`upsample_matte`).

    Args:
        method: a name in `METHODS`.
        max_memory: limit in GB (10⁹ bytes), beside the image itself.

    Raises:
        UserError: there is no such method, pymatting is missing, or the limit is not positive.

    >>> solver = MattingSolver()
    >>> image = np.zeros((30, 40, 3), np.float32)
    >>> image[:, 20:] = 1
    >>> trimap = np.full((30, 40), 128, np.uint8)
    >>> trimap[:, :10], trimap[:, 30:] = 0, 255
    >>> solver(image, trimap)[0, [0, 15, 25, 39]].round(2).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """

    def __init__(self, method: Method = DEFAULT_METHOD, *, max_memory: float = 8.0) -> None:
        if method not in METHODS:
            raise OptionError("method", f"expected one of {', '.join(METHODS)}, got {method}")
        if not max_memory > 0:
            raise OptionError("max_memory", f"must be positive, got {max_memory:g} GB")
        self.method = method
        self.max_memory = max_memory
        self._solve = getattr(load_pymatting(), METHODS[method].function)

    def memory(self, trimap: NDArray[np.uint8]) -> float:
        """Estimate the memory in GB for an image with this trimap (H, W) at its full size."""
        cost = METHODS[self.method]
        return (cost.pixel * trimap.size + cost.unknown * int((trimap == UNKNOWN).sum())) / 1e9

    def reduced_size(self, trimap: NDArray[np.uint8]) -> tuple[int, int] | None:
        """Return height and width at which an image with this trimap is solved, or None if it fits."""
        needed = self.memory(trimap)
        if needed <= self.max_memory:
            return None
        scale = math.sqrt(self.max_memory / needed)
        height, width = (max(1, int(scale * side)) for side in trimap.shape)
        return height, width

    def __call__(self, image: ImageLike, trimap: ImageLike) -> NDArray[np.float32]:
        """Solve the matte of an image.

        Args:
            image: see `ImageLike`.
            trimap: uint8 (H, W), an image "L", or a tensor (1, H, W): 0 background, 128 unknown, 255
                foreground.

        Returns:
            float32 (H, W) in [0, 1].

        Raises:
            UserError: an argument is not as above, the sizes differ, no foreground or no background is known,
                or the solver does not converge.
        """
        pixels, known = as_image(image, 3), as_trimap(trimap)
        require_same_size("the trimap", known, "the image", pixels)
        require_both(known, "the trimap")
        if size := self.reduced_size(known):
            small = _reduce(pixels, size)
            alpha = upsample_matte(self._matte(small, _reduce_trimap(known, size)), small, pixels)
        else:
            alpha = self._matte(pixels, known)
        return np.where(known == UNKNOWN, alpha, (known == FOREGROUND).astype(np.float32))

    def _matte(self, image: NDArray[np.float32], trimap: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = trimap.shape
        extend = [(0, max(0, _SMALLEST - side)) for side in trimap.shape]
        pixels = np.pad(image, [*extend, (0, 0)], "edge").astype(np.float64)
        levels = np.select([trimap == BACKGROUND, trimap == FOREGROUND], [0.0, 1.0], 0.5)
        try:
            with redirect_stdout(StringIO()):  # pymatting prints how it factorises
                alpha = self._solve(pixels, np.pad(levels, extend, "edge"))
        except ValueError as error:  # no convergence; pymatting knows no other errors of valid arguments
            raise UserError(f"{self.method} matting failed: {error}") from error
        return np.asarray(alpha[:height, :width].clip(0, 1), np.float32)


def require_both(trimap: NDArray[np.uint8], name: object) -> None:
    """Refuse a trimap without known foreground or background, from which no colours can be learnt.

    Raises:
        UserError: naming the trimap.
    """
    for level, what in ((FOREGROUND, "foreground (white)"), (BACKGROUND, "background (black)")):
        if not (trimap == level).any():
            raise UserError(f"{name}: without a network the trimap must mark some {what}")


def load_pymatting() -> ModuleType:
    """Import pymatting.

    Raises:
        UserError: it is not installed, or cannot be loaded.
    """
    try:
        import pymatting
    except ImportError as error:
        raise UserError(
            f"matting without a network and cut-outs need pymatting (pip install pymatting): {error}"
        ) from error
    return pymatting


def _reduce(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA), np.float32)


def _reduce_trimap(trimap: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Reduce a trimap; a pixel stays known if everything that it covers is known and alike.

    Raises:
        UserError: no known foreground or background is left.
    """
    small = np.full(size, UNKNOWN)
    for level in (FOREGROUND, BACKGROUND):
        small[_reduce((trimap == level).astype(np.float32), size) > 0.999] = level
    require_both(small, f"the trimap, reduced to {size[1]}x{size[0]} to save memory")
    return small
