"""An extension of griffe that converts the docstrings of this project to Markdown for the documentation."""

import re
from typing import Any

import griffe

_DOCTEST = re.compile(r"^( *)>>> .*(?:\n\1\S.*)*", re.MULTILINE)
_GROUP = re.compile(r"^( +)(\w+(?:, \w+)+)(:.*(?:\n\1 +.*)*)", re.MULTILINE)
_NAME = re.compile(r"(?<!`)`([A-Za-z_][\w.]*)`(?!`)")


class Docstrings(griffe.Extension):
    """Converts all docstrings of a package after griffe has read it.

    - A doctest becomes a block of code.
    - Arguments that share a description, ``tile, overlap: see …``, get one each.
    - A name in single backticks that its module or class defines becomes a link to its documentation, if it
      is documented.
    """

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Rewrite the docstrings of a package."""
        _rewrite(pkg)


def _rewrite(thing: griffe.Object) -> None:
    if thing.docstring:
        text = split_groups(fence_doctests(thing.docstring.value))
        thing.docstring.value = link_names(text, thing)
    for member in thing.members.values():
        if isinstance(member, griffe.Object):
            _rewrite(member)


def fence_doctests(text: str) -> str:
    """Put every doctest, up to the next empty line, between fences."""
    return _DOCTEST.sub(lambda test: f"{test[1]}```pycon\n{test[0]}\n{test[1]}```", text)


def split_groups(text: str) -> str:
    """Repeat a description that several arguments share for each of them.

    >>> print(split_groups("Args:" + chr(10) + "    tile, overlap: in pixels."))
    Args:
        tile: in pixels.
        overlap: in pixels.
    """

    def split(group: re.Match[str]) -> str:
        return "\n".join(f"{group[1]}{name}{group[3]}" for name in group[2].split(", "))

    return _GROUP.sub(split, text)


def link_names(text: str, thing: griffe.Object) -> str:
    """Link each name that is known in the object's scope, and each full name, if it is documented."""

    def link(name: re.Match[str]) -> str:
        first, dot, rest = name[1].partition(".")
        try:
            target = thing.resolve(first) + dot + rest
        except griffe.NameResolutionError:
            if not rest:
                return name[0]
            target = name[1]
        return f'<autoref identifier="{target}" optional><code>{name[1]}</code></autoref>'

    return _NAME.sub(link, text)
