"""The help of a command: each option with the form of its value and its default."""

import argparse
import re
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

from indexnet_engine.cli.hints import metavar

_TEXTS = {
    "help": "Show this help and exit.",
    "config": "YAML file with options; options of the command line win.",
    "print_config": "Print the configuration as YAML, ready for --config, and exit.",
}

_GLUE = "\N{NO-BREAK SPACE}"


def usage(
    prog: str, options: Mapping[str, Any], required: Collection[str], positional: Sequence[str] = ()
) -> str:
    """Format the usage line of a command, with its required options.

    >>> from pathlib import Path
    >>> usage("prog", {"files": list[Path], "out": Path, "size": int}, ["files", "out"], ["files"])
    'prog FILES [FILES ...] --out PATH [OPTIONS]'
    """
    words = [prog]
    for name in positional:
        word = _named_metavar(name, options[name])
        words.append(word if name in required else f"[{word}]")
    words += [f"--{name} {metavar(options[name])}" for name in required if name not in positional]
    return " ".join([*words, "[OPTIONS]"])


def help_formatter(
    options: Mapping[str, Any], positional: Collection[str] = (), configs: Sequence[str] = ()
) -> type[argparse.HelpFormatter]:
    """Make the formatter of a command's help.

    Args:
        options: Their types, from `indexnet_engine.cli.hints.option_types`.
        positional: The options that may be given without their names.
        configs: Names that ``--config`` takes beside files.
    """
    texts = dict(_TEXTS)
    if configs:
        texts["config"] += f" Or one of the names {', '.join(configs)}."

    class Formatter(argparse.HelpFormatter):
        def start_section(self, heading: str | None) -> None:
            # A dataclass without docstring has its signature as the docstring; its name is enough.
            super().start_section(re.sub(r"^(\w+)\(.*\)$", r"\1", heading or "", flags=re.DOTALL) or None)

        def add_arguments(self, actions: Iterable[argparse.Action]) -> None:
            # Required options come first, in the order of the dataclass.
            super().add_arguments(sorted(actions, key=lambda action: not action.required))

        def _format_action_invocation(self, action: argparse.Action) -> str:
            name = action.dest
            if name not in options:
                value = " NAME|FILE" if configs else " FILE"
                return ", ".join(action.option_strings) + value * (name == "config")
            free = f"{name.upper()}, " if name in positional else ""
            return f"{free}--{name} {metavar(options[name])}"

        def _format_action(self, action: argparse.Action) -> str:
            # argparse calls _get_help_string only where there is a help text.
            action.help = action.help or f"{action.dest.rpartition('.')[2].replace('_', ' ').capitalize()}."
            return super()._format_action(action)

        def _get_help_string(self, action: argparse.Action) -> str:
            if action.dest not in options:
                return texts.get(action.dest, action.help or "")
            if is_dataclass(options[action.dest]):
                return "YAML file with options of this group."
            return f"{action.help}{_remark(action)}".replace("%", "%%")

        def _split_lines(self, text: str, width: int) -> list[str]:
            # Keep a default on the line of its label, and do not break names such as hin-nl-c.
            text = " ".join(text.split()).replace("[default: ", f"[default:{_GLUE}")
            lines = textwrap.wrap(text, width, break_on_hyphens=False)
            return [line.replace(_GLUE, " ") for line in lines]

    return Formatter


def _named_metavar(name: str, hint: Any) -> str:
    return f"{name.upper()} [{name.upper()} ...]" if metavar(hint).endswith("...]") else name.upper()


def _remark(action: argparse.Action) -> str:
    if action.required:
        return " [required]"
    return "" if action.default in (None, []) else f" [default: {_shown(action.default)}]"


def _shown(default: Any) -> str:
    if isinstance(default, list | tuple):
        return " ".join(map(_shown, default))
    return str(default).lower() if isinstance(default, bool) else str(default)
