"""The focal length of photographs, with which their depth scales."""

import math
import re
from typing import Literal, NamedTuple

from indexnet_depth.data.crop import CROP, HEIGHT
from indexnet_depth.data.generator.lens import FIELD_OF_VIEW, focal_length
from indexnet_engine.errors import OptionError

__all__ = ["NOMINAL", "NOMINAL_MM", "Focal", "read_focal"]

_FILM = math.hypot(36, 24)  # mm, the diagonal of 35 mm film

NOMINAL = focal_length(FIELD_OF_VIEW, CROP[1])
"""Focal length of the nominal lens, a Kinect's, in pixels of a frame of 250×333; networks that are trained on
NYUv2 or on generated rooms predict depth as it sees it."""

NOMINAL_MM = NOMINAL / math.hypot(HEIGHT, HEIGHT * CROP[1] / CROP[0]) * _FILM
"""The same in mm, 35 mm equivalent: 28."""


class Focal(NamedTuple):
    """A focal length."""

    length: float
    unit: Literal["px", "mm"]
    """Pixels of the photograph; or mm on 35 mm film, equivalent by the diagonal, as in Exif."""

    def pixels(self, height: int, width: int) -> float:
        """Return the focal length in pixels of a photograph.

        >>> round(Focal(28, "mm").pixels(480, 640))
        518
        """
        return self.length * math.hypot(height, width) / _FILM if self.unit == "mm" else self.length


def read_focal(text: str) -> Focal:
    """Read a focal length with its unit.

    Raises:
        UserError: it is not a positive number and ``px`` or ``mm``.

    >>> read_focal("26mm"), read_focal("3100 px")
    (Focal(length=26.0, unit='mm'), Focal(length=3100.0, unit='px'))
    """
    found = re.fullmatch(r"(\d*\.?\d+) ?(px|mm)", text.strip())
    if found is None or not float(found[1]) > 0:
        raise OptionError(
            "focal", f"is a length with its unit: 26mm (35 mm equivalent) or 3100px; got {text or 'nothing'}"
        )
    return Focal(float(found[1]), "mm" if found[2] == "mm" else "px")
