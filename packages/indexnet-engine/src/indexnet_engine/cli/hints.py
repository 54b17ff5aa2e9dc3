"""Types of options: descriptions for messages and placeholders for the help."""

import types
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_SINGULAR = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    Path: "a path",
    type(None): "null",
}
_PLURAL = {int: "whole numbers", float: "numbers", str: "texts", Path: "paths"}
_METAVARS = {int: "INT", float: "FLOAT", bool: "[{true,false}]", str: "TEXT", Path: "PATH"}


def option_types(config_class: type, prefix: str = "") -> dict[str, Any]:
    """List the options of a dataclass and their types; those of nested dataclasses are dotted.

    >>> from dataclasses import dataclass, field
    >>> @dataclass
    ... class Inner:
    ...     lr: float = 1e-3
    >>> @dataclass
    ... class Outer:
    ...     data: Path
    ...     optim: Inner = field(default_factory=Inner)
    >>> list(option_types(Outer))
    ['data', 'optim', 'optim.lr']
    """
    hints = get_type_hints(config_class)
    found: dict[str, Any] = {}
    for field in fields(config_class):
        found[prefix + field.name] = hints[field.name]
        if is_dataclass(hints[field.name]):
            found |= option_types(hints[field.name], prefix + field.name + ".")
    return found


def describe(hint: Any) -> str:
    """Describe the values that a type accepts.

    >>> describe(float | list[float])
    'a number or a list of numbers'
    >>> describe(Literal["adam", "sgd"])
    'one of adam, sgd'
    >>> describe(tuple[int, int])
    '2 whole numbers'
    """
    if hint in _SINGULAR:
        return _SINGULAR[hint]
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(str, arguments))
    if is_union(hint):
        return " or ".join(map(describe, arguments))
    if _any_length(hint):
        return f"a list of {_describe_several(arguments[0])}"
    if get_origin(hint) is tuple and len(set(arguments)) == 1:
        return f"{len(arguments)} {_describe_several(arguments[0])}"
    if get_origin(hint) is tuple:
        return f"{len(arguments)} values ({', '.join(map(describe, arguments))})"
    return "a group of options" if is_dataclass(hint) else str(hint)


def metavar(hint: Any) -> str:
    """Write the placeholder of an option's value in the help; null is not shown.

    >>> metavar(list[str])
    'TEXT [TEXT ...]'
    >>> metavar(Literal["adam", "sgd"] | None)
    '{adam,sgd}'
    >>> metavar(float | list[float])
    'FLOAT [FLOAT ...]'
    >>> metavar(int | str)
    'INT|TEXT'
    """
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return f"{{{','.join(map(str, arguments))}}}"
    if is_union(hint):
        items = [get_args(part)[0] for part in arguments if _any_length(part)]
        return "|".join(metavar(part) for part in arguments if part not in (type(None), *items))
    if _any_length(hint):
        return f"{metavar(arguments[0])} [{metavar(arguments[0])} ...]"
    if get_origin(hint) is tuple:
        return " ".join(map(metavar, arguments))
    return "FILE" if is_dataclass(hint) else _METAVARS.get(hint, "VALUE")


def accepts_none(hint: Any) -> bool:
    """Return True if null is a value of this type."""
    return hint is Any or hint is type(None) or (is_union(hint) and type(None) in get_args(hint))


def is_switch(hint: Any) -> bool:
    """Return True if an option of this type may stand alone, meaning true."""
    return hint is bool or (is_union(hint) and bool in get_args(hint))


def is_union(hint: Any) -> bool:
    """Return True for ``A | B``, `Union` and `Optional`."""
    return get_origin(hint) in (Union, types.UnionType)


def item_type(hint: Any) -> Any:
    """Return the type of the items of a list or tuple, also in a union with others, else None.

    >>> item_type(list[float] | None)
    <class 'float'>
    """
    for part in get_args(hint) if is_union(hint) else (hint,):
        if get_origin(part) in (list, tuple):
            return get_args(part)[0]
    return None


def _any_length(hint: Any) -> bool:
    return get_origin(hint) is list or get_args(hint)[1:] == (...,)


def _describe_several(hint: Any) -> str:
    return _PLURAL.get(hint) or f"values, each {describe(hint)}"
