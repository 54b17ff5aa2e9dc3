"""Every form of type that a configuration may have, in messages, in the help, and its properties."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from indexnet_engine.cli.hints import accepts_none, describe, is_switch, item_type, metavar


@dataclass
class Group:
    size: int = 1


TYPES: list[tuple[Any, str, str]] = [
    (int, "a whole number", "INT"),
    (bool, "true or false", "[{true,false}]"),
    (bool | None, "true or false or null", "[{true,false}]"),
    (Path | None, "a path or null", "PATH"),
    (int | str, "a whole number or text", "INT|TEXT"),
    (Literal["he", "released"], "one of he, released", "{he,released}"),
    (Literal[16, 32] | None, "one of 16, 32 or null", "{16,32}"),
    (list[str], "a list of texts", "TEXT [TEXT ...]"),
    (list[Literal["a", "b"]], "a list of values, each one of a, b", "{a,b} [{a,b} ...]"),
    (tuple[float, ...], "a list of numbers", "FLOAT [FLOAT ...]"),
    (tuple[int, int], "2 whole numbers", "INT INT"),
    (tuple[int, str], "2 values (a whole number, text)", "INT TEXT"),
    (float | list[float] | None, "a number or a list of numbers or null", "FLOAT [FLOAT ...]"),
    (Group, "a group of options", "FILE"),
    (complex, "<class 'complex'>", "VALUE"),
]


@pytest.mark.parametrize(("hint", "words", "placeholder"), TYPES)
def test_types_in_words(hint: Any, words: str, placeholder: str) -> None:
    assert describe(hint) == words
    assert metavar(hint) == placeholder


def test_what_types_accept() -> None:
    assert [hint for hint, *_ in TYPES if is_switch(hint)] == [bool, bool | None]
    assert item_type(float | list[float] | None) is float
    assert item_type(tuple[int, int]) is int
    assert item_type(str) is None
    assert accepts_none(Any)
    assert accepts_none(Path | None)
    assert not accepts_none(Path)
