"""Command lines of the applications: subcommands, and every user error as one line with status 2."""

import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic

from indexnet_engine.cli.configuration import ConfigT, load_run_config, parse_config, to_dict
from indexnet_engine.cli.origin import naming_options
from indexnet_engine.errors import UserError

__all__ = ["Command", "load_run_config", "main", "parse_config", "to_dict"]


@dataclass(frozen=True)
class Command(Generic[ConfigT]):
    """One subcommand.

    Attributes:
        run: The function that does the work.
        config: The dataclass that ``run`` takes; its fields become options.
        help: One line that describes the command.
        positional: The fields that may be given without names, in this order.
        configs: A folder of YAML files that ``--config`` takes by name.
    """

    run: Callable[[ConfigT], object]
    config: type[ConfigT]
    help: str
    positional: tuple[str, ...] = ()
    configs: Path | None = None


def main(
    prog: str,
    commands: Mapping[str, Command[Any]],
    argv: Sequence[str] | None = None,
    version: str | None = None,
    errors: tuple[type[Exception], ...] = (),
) -> int:
    """Run a command line and return the exit status.

    A `UserError` becomes ``error: ...`` on stderr and status 2. Other
    exceptions are bugs and keep their traceback.

    Args:
        prog: The name of the program.
        commands: The subcommands by name, in the order of the help.
        argv: The words after the program, ``sys.argv[1:]`` by default.
        version: What ``--version`` prints.
        errors: More exceptions that are user errors.
    """
    # Pillow's warnings about damaged files do not name the file; our errors do.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    expected: tuple[type[Exception], ...] = (UserError, *errors)
    try:
        status = _dispatch(prog, commands, list(sys.argv[1:] if argv is None else argv), version)
        sys.stdout.flush()  # so that a closed pipe raises here and not at shutdown
        return status
    except expected as error:
        print("error:", " ".join(str(error).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _dispatch(prog: str, commands: Mapping[str, Command[Any]], argv: list[str], version: str | None) -> int:
    if not argv:
        print(_overview(prog, commands), file=sys.stderr)
        return 2
    name, *words = argv
    if name in ("-h", "--help"):
        print(_overview(prog, commands))
        return 0
    if name == "--version" and version is not None:
        print(prog, version)
        return 0
    if name not in commands:
        close = get_close_matches(name, commands, n=1)
        hint = f"did you mean {close[0]}?" if close else f"choose from {', '.join(commands)}"
        raise UserError(f"unknown command {name!r}; {hint}")
    command = commands[name]
    try:
        config = parse_config(
            command.config,
            words,
            prog=f"{prog} {name}",
            description=command.help,
            positional=command.positional,
            configs=command.configs,
        )
    except SystemExit as stop:  # after --help or --print_config
        return int(stop.code or 0)
    with naming_options(config):
        command.run(config)
    return 0


def _overview(prog: str, commands: Mapping[str, Command[Any]]) -> str:
    width = max(map(len, commands))
    lines = [f"  {name:<{width}}  {command.help}" for name, command in commands.items()]
    return "\n".join(
        [
            f"usage: {prog} COMMAND [OPTIONS]",
            "",
            "commands:",
            *lines,
            "",
            f"{prog} COMMAND --help lists the options of a command.",
        ]
    )
