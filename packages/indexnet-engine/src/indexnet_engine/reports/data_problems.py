"""What is wrong with a data set, file by file."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Problem", "counted", "format_problems", "format_sizes"]

_FILES_SHOWN = 4
_SIZES_SHOWN = 5


@dataclass(frozen=True)
class Problem:
    """One thing to know about one file; an ``error`` stops training, a ``note`` does not."""

    file: str
    level: Literal["error", "note"]
    message: str


def format_problems(problems: Iterable[Problem]) -> list[str]:
    """Write problems as lines, errors first; one that many files share takes one line.

    >>> format_problems([Problem("a.png", "note", "gray"), Problem("b.png", "note", "gray")])
    ['  note: a.png, b.png: gray']
    >>> format_problems([])
    ['  no problems']
    """
    sharers: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        sharers.setdefault((problem.level, problem.message), []).append(problem.file)
    lines = []
    for (level, message), files in sorted(sharers.items(), key=lambda item: item[0][0]):  # errors first
        named = ", ".join(files[:_FILES_SHOWN])
        if len(files) > _FILES_SHOWN:
            named += f" and {len(files) - _FILES_SHOWN} more"
        lines.append(f"  {level}: {named}: {message}")
    return lines or ["  no problems"]


def counted(number: int, one: str, several: str | None = None) -> str:
    """Say how many there are.

    >>> counted(1, "image"), counted(2, "image"), counted(0, "patch", "patches")
    ('1 image', '2 images', '0 patches')
    """
    return f"{number} {one if number == 1 else several or one + 's'}"


def format_sizes(sizes: Counter[str]) -> str:
    """List the sizes of images, the most frequent first, as a line.

    >>> format_sizes(Counter({"321x481": 2, "40x40": 1}))
    '  sizes: 2 of 321x481, 1 of 40x40'
    """
    shown = [f"{count} of {size}" for size, count in sizes.most_common(_SIZES_SHOWN)]
    if len(sizes) > _SIZES_SHOWN:
        shown.append(counted(len(sizes) - _SIZES_SHOWN, "other size"))
    return "  sizes: " + ", ".join(shown)
