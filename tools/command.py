"""The command line of a tool: its parser, and one line with exit status 2 for a user's error."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from indexnet_core import RetrofitError, ShapeError, SpecError
from indexnet_engine.errors import UserError

__all__ = ["Parser", "new_parser", "parse_paths", "run"]


class Parser(argparse.ArgumentParser):
    """A parser whose errors are a `UserError`, without argparse's usage."""

    def error(self, message: str) -> NoReturn:
        """Raise the message as a `UserError`, which `run` prints."""
        raise UserError(message)


def new_parser(tool: str, description: str | None) -> Parser:
    """Return a parser without abbreviated options.

    Args:
        tool: name of the module that is run, ``tools.demo`` for example.
        description: the module's docstring, printed unchanged.
    """
    return Parser(
        prog=f"python -m {tool}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def parse_paths(tool: str, description: str | None, **arguments: str) -> list[Path]:
    """Parse a command line of paths alone.

    Args:
        tool, description: as in `new_parser`.
        arguments: name and help text of each path, in order.
    """
    parser = new_parser(tool, description)
    for name, what in arguments.items():
        parser.add_argument(name, type=Path, help=what)
    options = parser.parse_args()
    return [getattr(options, name) for name in arguments]


def run(main: Callable[[], None]) -> None:
    """Run a tool and end the process."""
    try:
        main()
    except (UserError, RetrofitError, ShapeError, SpecError) as error:
        print("error:", " ".join(str(error).split()), file=sys.stderr)
        sys.exit(2)
