"""The help of a command: each option with its type in words and its default."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from indexnet_engine.cli.arguments import describe, takes_several

_TEXTS = {
    "help": "show this help and stop",
    "config": "a YAML file with options; options given here win",
    "print_config": "print the configuration as YAML, ready for --config, and stop",
}


def help_formatter(options: Mapping[str, Any], configs: Sequence[str] = ()) -> type[argparse.HelpFormatter]:
    """Make the formatter of a command's help.

    Args:
        options: Their types, from `indexnet_engine.cli.arguments.option_types`.
        configs: Names that ``--config`` takes beside files.
    """
    texts = dict(_TEXTS)
    if configs:
        texts["config"] += f"; or by name: {', '.join(configs)}"

    class Formatter(argparse.HelpFormatter):
        def start_section(self, heading: str | None) -> None:
            # A dataclass without docstring has its signature in its place; its name is enough.
            super().start_section(re.sub(r"^(\w+)\(.*\)$", r"\1", heading or "", flags=re.DOTALL) or None)

        def _format_action_invocation(self, action: argparse.Action) -> str:
            if action.dest not in options:
                return ", ".join(action.option_strings) + (" FILE" if action.dest == "config" else "")
            return f"--{action.dest.replace('_', '-')} {_placeholder(action, options[action.dest])}"

        def _format_action(self, action: argparse.Action) -> str:
            # argparse shows no type and no default where there is no help.
            action.help = action.help or action.dest.rpartition(".")[2].replace("_", " ")
            return super()._format_action(action)

        def _get_help_string(self, action: argparse.Action) -> str:
            if action.dest not in options:
                return texts.get(action.dest, action.help or "")
            if is_dataclass(options[action.dest]):
                return "a YAML file with these options"
            wanted = "required" if action.required else f"default: {_shown(action.default)}"
            remark = f"({describe(options[action.dest])}; {wanted})"
            return f"{action.help} {remark}".replace("%", "%%")

    return Formatter


def _placeholder(action: argparse.Action, hint: Any) -> str:
    if is_dataclass(hint):
        return "FILE"
    name = action.dest.rpartition(".")[2].upper()
    return f"{name} ..." if takes_several(hint) else name


def _shown(default: Any) -> str:
    if isinstance(default, list | tuple):
        return " ".join(map(_shown, default)) or "empty"
    if default is None or isinstance(default, bool):
        return {None: "null", True: "true", False: "false"}[default]
    return str(default) if isinstance(default, str | Path) else f"{default!r}"
