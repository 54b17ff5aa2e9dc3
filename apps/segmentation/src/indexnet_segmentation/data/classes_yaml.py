"""``classes.yaml``: names and colours of classes, and the numbers of the classes in label files.

Format:

    classes:                              # in the order of their numbers
      - {name: road, color: [128, 64, 128]}
      - car                               # a colour is chosen
    first: 0                              # number of the first class in the files; 0 by default
    void: 255                             # number of pixels without a class, or a list; 255 by default

or, for a data set that this package knows (`indexnet_segmentation.data.label_files.KNOWN`):

    labels: nyu40-from-1
"""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from indexnet_engine.errors import UserError
from indexnet_engine.files import write_text
from indexnet_segmentation.data.classes import MAX_CLASSES, Classes, Colour, pick_colours
from indexnet_segmentation.data.label_files import KNOWN, LabelValues

__all__ = ["CLASS_FILE", "describe_labels", "read_classes", "write_class_file"]

CLASS_FILE = "classes.yaml"

_KEYS = ("classes", "first", "void", "labels")


def describe_labels(source: str | Path) -> tuple[Classes, LabelValues]:
    """Return classes and numbering for a name of `KNOWN` or from a ``classes.yaml``.

    Raises:
        UserError: it is neither, or the file's contents are invalid.
    """
    if str(source) in KNOWN:
        return KNOWN[str(source)]
    path = Path(source)
    if not path.is_file():
        names = ", ".join(KNOWN)
        raise UserError(f"{source}: no such file, and no known labels ({names})")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path}: not a YAML file, line {line}: {error.problem}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(
            f"{path}: not a YAML file that can be read ({' '.join(str(error).split())})"
        ) from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected `classes:` with a list of names, or `labels:` with a known name")
    try:
        return _described(content)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def read_classes(path: str | Path) -> Classes:
    """Read names and colours; see `describe_labels`."""
    return describe_labels(path)[0]


def write_class_file(path: str | Path, classes: Classes, values: LabelValues) -> None:
    """Write a ``classes.yaml`` that `describe_labels` reads back.

    Raises:
        UserError: the file cannot be written.
    """
    rows = [{"name": name, "color": list(colour)} for name, colour in zip(classes.names, classes.palette)]
    content = {"classes": rows, "first": values.first, "void": list(values.void)}
    write_text(path, yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None))


def _described(content: Mapping[str, Any]) -> tuple[Classes, LabelValues]:
    for key in content:
        if key not in _KEYS:
            close = get_close_matches(str(key), _KEYS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"expected {', '.join(_KEYS)}"
            raise UserError(f"unknown key {key!r}; {hint}")
    if "labels" in content:
        name = content["labels"]
        if len(content) > 1:
            raise UserError(
                f"`labels: {name}` defines everything; leave out {', '.join(set(content) - {'labels'})}"
            )
        if not isinstance(name, str) or name not in KNOWN:
            raise UserError(f"labels {name!r} are not known; expected one of {', '.join(KNOWN)}")
        return KNOWN[name]
    classes = _classes(content.get("classes"))
    void = content.get("void", 255)
    listed = void if isinstance(void, list) else [] if void is None else [void]
    values = LabelValues(_number("first", content.get("first", 0)), tuple(_number("void", n) for n in listed))
    last = values.first + classes.count - 1
    if last > 65535:
        raise UserError(f"first {values.first} numbers classes beyond 65535")
    clashes = [number for number in values.void if values.first <= number <= last]
    if clashes:
        name = classes.names[clashes[0] - values.first]
        raise UserError(
            f"void {clashes[0]} is the number of the class {name!r}; {values.describe(classes.count)}"
        )
    return classes, values


def _classes(rows: object) -> Classes:
    if not isinstance(rows, list):
        raise UserError(f"classes must be a list of names, got {rows!r}")
    if not 2 <= len(rows) <= MAX_CLASSES:
        raise UserError(f"expected 2 to {MAX_CLASSES} classes, got {len(rows)}")
    names: list[str] = []
    palette = list(pick_colours(len(rows)))
    for number, row in enumerate(rows):
        known = row if isinstance(row, dict) else {"name": row}
        name = known.get("name")
        if not isinstance(name, str) or not name.strip() or known.keys() - {"name", "color"}:
            raise UserError(f"class {number} must be a name, or a name with a color, got {row!r}")
        if name in names:
            raise UserError(f"two classes have the name {name!r}")
        names.append(name)
        if "color" in known:
            palette[number] = _colour(name, known["color"])
    return Classes(tuple(names), tuple(palette))


def _colour(name: str, value: object) -> Colour:
    if isinstance(value, list) and len(value) == 3 and all(_is_level(level) for level in value):
        red, green, blue = value
        return red, green, blue
    raise UserError(f"the color of {name!r} must be three numbers from 0 to 255, got {value!r}")


def _number(key: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535:
        return value
    raise UserError(f"{key} must be a whole number from 0 to 65535, got {value!r}")


def _is_level(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255
