"""The classes of a data set: names and colours."""

from dataclasses import dataclass

__all__ = ["CAMVID11", "IGNORE", "MAX_CLASSES", "NYU40", "SUN37", "SYNTHETIC", "Classes", "pick_colours"]

IGNORE = 255
"""The label of a pixel without a class: ignored by the loss and by all measures."""

MAX_CLASSES = 255
"""Classes are numbered from 0 to 254, so that a label fits into 8 bits beside `IGNORE`."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Classes:
    """Names and colours, in the order of the class numbers 0, 1, 2, …

    Attributes:
        names: one for each class, all different.
        palette: red, green and blue of each class, 0 to 255.

    >>> Classes(("road", "car"), ((128, 64, 128), (64, 0, 128))).count
    2
    """

    names: tuple[str, ...]
    palette: tuple[Colour, ...]

    @property
    def count(self) -> int:
        """Number of classes."""
        return len(self.names)


def pick_colours(count: int) -> tuple[Colour, ...]:
    """Return distinguishable colours by PASCAL VOC's rule; black is reserved for pixels without a class.

    The bits of n = 1, 2, 3, … go to red, green and blue in turn, the lowest bits to the highest places.

    >>> pick_colours(3)
    ((128, 0, 0), (0, 128, 0), (128, 128, 0))
    """
    return tuple((_shade(number), _shade(number >> 1), _shade(number >> 2)) for number in range(1, count + 1))


def _shade(number: int) -> int:
    return (number & 1) << 7 | (number >> 3 & 1) << 6 | (number >> 6 & 1) << 5


# The first 37 as SUN RGB-D's seg37list.mat has them.
_NYU40 = """
wall, floor, cabinet, bed, chair, sofa, table, door, window, bookshelf, picture, counter, blinds, desk,
shelves, curtain, dresser, pillow, mirror, floor mat, clothes, ceiling, books, fridge, tv, paper, towel,
shower curtain, box, whiteboard, person, night stand, toilet, sink, lamp, bathtub, bag,
other structure, other furniture, other prop
"""

NYU40 = Classes(tuple(name.strip() for name in _NYU40.split(",")), pick_colours(40))
"""The 40 classes of NYUv2."""

SUN37 = Classes(NYU40.names[:37], NYU40.palette[:37])
"""The 37 classes of SUN RGB-D: the first 37 of NYU-40. The data set defines no colours."""

_CAMVID: dict[str, Colour] = {
    "sky": (128, 128, 128),
    "building": (128, 0, 0),
    "pole": (192, 192, 128),
    "road": (128, 64, 128),
    "pavement": (0, 0, 192),
    "tree": (128, 128, 0),
    "sign symbol": (192, 128, 128),
    "fence": (64, 64, 128),
    "car": (64, 0, 128),
    "pedestrian": (64, 64, 0),
    "bicyclist": (0, 128, 192),
}

CAMVID11 = Classes(tuple(_CAMVID), tuple(_CAMVID.values()))
"""The 11 classes of CamVid that SegNet made out of 32, in SegNet's order and with CamVid's colours."""

_SYNTHETIC: dict[str, Colour] = {
    "background": (96, 96, 96),
    "disc": (228, 26, 28),
    "box": (55, 126, 184),
    "triangle": (77, 175, 74),
    "ring": (130, 60, 210),
    "wire": (255, 255, 51),
    "dot": (247, 129, 191),
}

SYNTHETIC = Classes(tuple(_SYNTHETIC), tuple(_SYNTHETIC.values()))
"""The classes of the builtin scenes: rings and wires are thin, dots are small."""
