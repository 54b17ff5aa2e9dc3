"""Units of stored depth; everywhere else depth is in metres."""

import re
from dataclasses import dataclass

from indexnet_engine.errors import UserError

__all__ = ["UNITS", "Unit", "parse_unit"]


@dataclass(frozen=True)
class Unit:
    """A unit of stored depth.

    Attributes:
        name: its name in messages.
        metres: metres per count.
        rotated: whether 16-bit counts are rotated by three bits, as SUN RGB-D stores them.
    """

    name: str
    metres: float
    rotated: bool = False


UNITS = {
    "metre": Unit("metre", 1.0),
    "centimetre": Unit("centimetre", 1e-2),
    "millimetre": Unit("millimetre", 1e-3),
    "1/5000 m": Unit("1/5000 m", 1 / 5000),
    "1/256 m": Unit("1/256 m", 1 / 256),
    "sunrgbd": Unit("sunrgbd", 1e-3, rotated=True),
}
"""Kinect and RealSense: millimetres; TUM RGB-D: 1/5000 m; KITTI: 1/256 m; SUN RGB-D: rotated millimetres."""

_OTHER_NAMES = {
    "m": "metre", "meter": "metre", "metres": "metre", "meters": "metre",
    "cm": "centimetre", "centimeter": "centimetre", "centimetres": "centimetre", "centimeters": "centimetre",
    "mm": "millimetre", "millimeter": "millimetre", "millimetres": "millimetre", "millimeters": "millimetre",
}  # fmt: skip

_NUMBER = re.compile(r"(?:(1)\s*/\s*)?(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)\s*m?", re.IGNORECASE)


def parse_unit(text: str) -> Unit:
    """Parse a unit: a name, ``1/N m``, or the number of metres that one count is worth.

    >>> parse_unit("mm").name, parse_unit("1/1000 m").metres, parse_unit("0.00025").metres
    ('millimetre', 0.001, 0.00025)

    Raises:
        UserError: it is none of these; the message lists the names.
    """
    word = " ".join(text.split())
    name = _OTHER_NAMES.get(word.lower(), word.lower())
    if name in UNITS:
        return UNITS[name]
    if match := _NUMBER.fullmatch(word):
        number = float(match[2])
        metres = 1 / number if match[1] and number else number
        if 0 < metres < float("inf"):
            return Unit(f"{word.removesuffix('m').strip()} m", metres)
    raise UserError(
        f"unit of depth {text!r} is not understood; use {', '.join(UNITS)}, 1/N m, or the metres per count"
    )
