"""One bad input, and a program with all of its bad inputs."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Case(NamedTuple):
    """One bad input: what it is, the command that meets it, and a text that the error has to hold."""

    what: str
    command: str
    names: str


class Program(NamedTuple):
    """A command line and what it has to refuse.

    ``cases`` are grouped by section; ``make_inputs`` fills the working folder with what they name.
    """

    name: str
    main: Callable[[list[str]], int]
    cases: Mapping[str, Sequence[Case]]
    make_inputs: Callable[[], None]
