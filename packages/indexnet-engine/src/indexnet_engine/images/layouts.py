"""Layouts of data sets: the first that recognises a folder opens it; an unknown layout is an error."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from indexnet_engine.errors import UserError

__all__ = ["KnownLayout", "find_layout", "require_layout"]


class KnownLayout(Protocol):
    """An entry of a registry of layouts; applications add a function that opens the data set."""

    @property
    def expects(self) -> str:
        """Description of the layout for errors: "rgb/ and depth/"."""
        ...

    @property
    def recognises(self) -> Callable[[str | Path], bool]:
        """Returns whether a data set, given by its path or name, has this layout."""
        ...


LayoutT = TypeVar("LayoutT", bound=KnownLayout)


def find_layout(source: str | Path, layouts: Mapping[str, LayoutT]) -> LayoutT | None:
    """Return the first layout of a registry that recognises a data set, or None."""
    return next((layout for layout in layouts.values() if layout.recognises(source)), None)


def require_layout(source: str | Path, layouts: Mapping[str, LayoutT]) -> LayoutT:
    """Return the first layout of a registry that recognises a data set.

    Raises:
        UserError: there is no such file or folder, or no layout recognises it; the message lists the layouts.
    """
    layout = find_layout(source, layouts)
    if layout is None:
        if not Path(source).exists():
            raise UserError(f"{source}: no such file or folder")
        *others, last = (layout.expects for layout in layouts.values())
        known = ", ".join(others) + (" or " if others else "") + last
        raise UserError(f"{source}: none of the supported layouts: {known}")
    return layout
