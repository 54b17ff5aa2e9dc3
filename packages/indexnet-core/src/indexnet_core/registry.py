"""Registries: plain dictionaries from a word to its entry; an unknown word is an error."""

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from indexnet_core.errors import SpecError

__all__ = ["look_up", "named"]

Entry = TypeVar("Entry")


class _Named(Protocol):
    @property
    def name(self) -> str: ...


NamedEntry = TypeVar("NamedEntry", bound=_Named)


def look_up(registry: Mapping[str, Entry], word: str, meaning: str) -> Entry:
    """The entry of a word.

    Args:
        registry: entries by word.
        word: the word to look up.
        meaning: the kind of entry, for the message.

    Raises:
        SpecError: if the word is not registered; the message lists those that are.

    >>> look_up({"max": 1, "avg": 2}, "mean", "downsampling")
    Traceback (most recent call last):
    indexnet_core.errors.SpecError: unknown downsampling 'mean'; choose one of max, avg
    """
    if word not in registry:
        raise SpecError(f"unknown {meaning} {word!r}; choose one of {', '.join(registry)}")
    return registry[word]


def named(entries: Iterable[NamedEntry]) -> dict[str, NamedEntry]:
    """Build a registry of entries that have a ``name``.

    Raises:
        SpecError: if two have the same name.
    """
    registry: dict[str, NamedEntry] = {}
    for entry in entries:
        if entry.name in registry:
            raise SpecError(f"two operators are named {entry.name!r}")
        registry[entry.name] = entry
    return registry
