"""The program of an application: its own commands and those that all applications share."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from indexnet_core import ShapeError, SpecError
from indexnet_engine.application import Application
from indexnet_engine.cli import commands as command_line
from indexnet_engine.cli.commands import Command
from indexnet_engine.commands.export import export
from indexnet_engine.commands.info import info

__all__ = ["commands_of", "run_program"]


def commands_of(application: Application[Any]) -> dict[str, Command[Any]]:
    """List all commands of an application by name, in the order of the help."""
    return {
        **application.commands,
        "export": Command(
            partial(export, application),
            application.export_options,
            "write a network as ONNX or .pt2 and compare it with PyTorch",
        ),
        "info": Command(
            partial(info, application),
            application.info_options,
            "report parameters and GFLOPs of a network, draw its index maps",
        ),
    }


def run_program(application: Application[Any], argv: Sequence[str] | None = None) -> int:
    """Run the command line of an application and return the exit status.

    Args:
        application: the application.
        argv: the words after the program, ``sys.argv[1:]`` by default.
    """
    return command_line.main(
        f"indexnet-{application.task}",
        commands_of(application),
        argv,
        application.version,
        errors=(ShapeError, SpecError),
    )
