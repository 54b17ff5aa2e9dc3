"""Problems of a data set, by file, and the report that ``check-data`` prints."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from indexnet_engine.errors import UserError

__all__ = [
    "DataReport",
    "Level",
    "Problem",
    "counted",
    "format_problems",
    "format_sizes",
    "inside_folders",
    "reason_of",
    "size_text",
    "without_root",
]

Level: TypeAlias = Literal["error", "note"]

_FILES_SHOWN = 4
_SIZES_SHOWN = 5


@dataclass(frozen=True)
class Problem:
    """A problem of one file; an ``error`` stops training, a ``note`` does not."""

    file: str
    level: Level
    message: str


@dataclass
class DataReport:
    """The report of a check; each application adds its own fields."""

    data: str
    """The data set as the user named it."""
    sizes: Counter[str] = field(default_factory=Counter)
    """``"321x481"`` (height x width) -> number of images."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def errors(self) -> list[Problem]:
        """The problems that would stop a training or an evaluation."""
        return [problem for problem in self.problems if problem.level == "error"]

    def format(self, *head: str, details: Iterable[str] = ()) -> str:
        """Format the report: the head lines, the sizes, the details, and the problems."""
        sizes = [format_sizes(self.sizes)] if self.sizes else []
        return "\n".join([*head, *sizes, *details, *format_problems(self.problems)])

    def raise_errors(self, stopped: str = "a training or an evaluation") -> None:
        """Refuse the data set if it has errors.

        Args:
            stopped: the action that the errors would stop, in words.

        Raises:
            UserError: there are errors; the message names the first files.
        """
        if files := sorted({problem.file for problem in self.errors}):
            raise UserError(f"{self.data}: {', '.join(files[:_FILES_SHOWN])} would stop {stopped}")


def format_problems(problems: Iterable[Problem]) -> list[str]:
    """Format problems as lines, errors first; equal problems of several files share one line.

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
    """Return a number with its noun, in the plural where needed.

    >>> counted(1, "image"), counted(2, "image"), counted(0, "patch", "patches")
    ('1 image', '2 images', '0 patches')
    """
    return f"{number} {one if number == 1 else several or one + 's'}"


def inside_folders(names: Sequence[str]) -> str:
    """List the folders inside ``--out`` that hold further results, as words after its name.

    >>> inside_folders([]), inside_folders(["a", "b", "c"])
    ('', ' (and inside it a/, b/ and c/)')
    """
    if not names:
        return ""
    *first, last = (f"{name}/" for name in names)
    return f" (and inside it {', '.join(first)} and {last})" if first else f" (and inside it {last})"


def format_sizes(sizes: Counter[str]) -> str:
    """Format the sizes of images as one line, the most frequent first.

    >>> format_sizes(Counter({"321x481": 2, "40x40": 1}))
    '  sizes: 2 of 321x481, 1 of 40x40'
    """
    shown = [f"{count} of {size}" for size, count in sizes.most_common(_SIZES_SHOWN)]
    if len(sizes) > _SIZES_SHOWN:
        shown.append(counted(len(sizes) - _SIZES_SHOWN, "other size"))
    return "  sizes: " + ", ".join(shown)


def size_text(shape: tuple[int, ...]) -> str:
    """Format the size of an image or map (H, W, ...).

    >>> size_text((321, 481, 3))
    '321x481'
    """
    return f"{shape[0]}x{shape[1]}"


def reason_of(error: UserError, path: str | Path) -> str:
    """Return the message of an error without the path that it begins with."""
    return str(error).removeprefix(f"{path}: ")


def without_root(text: str | Path, root: str | Path) -> str:
    """Shorten the paths in a text by the folder of their data set.

    >>> without_root("photos/a/b.png", "photos"), without_root("photos: no a/ beside photos/b/", "photos")
    ('a/b.png', 'no a/ beside b/')
    """
    return str(text).removeprefix(f"{root}: ").replace(f"{str(root).rstrip('/')}/", "")
