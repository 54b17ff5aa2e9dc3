"""Errors of jsonargparse, often many lines with Python's names of types, as one line for the user."""

import re
from collections.abc import Mapping
from typing import Any, get_args

from indexnet_engine.cli.arguments import nearest_option
from indexnet_engine.cli.hints import describe
from indexnet_engine.cli.origin import Origin


def explain(error: Exception, origin: Origin, options: Mapping[str, Any]) -> str:
    """Say in one line which option or file is wrong, and how.

    Args:
        error: From jsonargparse, PyYAML or the file system.
        origin: The command line.
        options: The types of the options, from `option_types`.
    """
    text = str(error)
    for line in (_missing(text), _unreadable(text, origin), _unknown(text, origin, options)):
        if line is not None:
            return line
    if key := re.match(r'Parser key "(.*?)"', text):
        line = _bad_group(key[1], text, options) or _bad_value(key[1], text, origin, options)
        if line is not None:
            return line
    text = text.replace("Problems parsing config: ", "").replace('in "<unicode string>", ', "")
    return f"{origin.files}: " * bool(origin.files) + " ".join(text.split())


def _missing(text: str) -> str | None:
    missing = re.search(r"arguments are required: (.*)", text)
    return missing and "missing " + ", ".join(f"--{key.strip()}" for key in missing[1].split(","))


def _unreadable(text: str, origin: Origin) -> str | None:
    if text.startswith("Unexpected config"):
        return f"{origin.files}: expected lines of the form `option: value`"
    problem = re.search(r"File does not exist|Path is not a file|not readable", text)
    return problem and f"--config: {problem[0].lower()}: {origin.files}"


def _unknown(text: str, origin: Origin, options: Mapping[str, Any]) -> str | None:
    unknown = re.search(r"Group '(.*)' does not accept option '(.*)'|Option '(.*)' is not", text)
    if unknown is None:
        return None
    name = ".".join(filter(None, unknown.groups()))
    close = nearest_option(name, options)
    return f"{origin.files}: unknown option {name}" + (f"; did you mean {close}?" if close else "")


def _bad_group(key: str, text: str, options: Mapping[str, Any]) -> str | None:
    group = re.search(r"Unable to load config '(.*?)'", text)
    example = next((option for option in options if option.startswith(f"{key}.")), key)
    return group and f"--{key}: no such file: {group[1]}; options of this group have a dot, as in --{example}"


def _bad_value(key: str, text: str, origin: Origin, options: Mapping[str, Any]) -> str | None:
    values = re.findall(r"(?:Got|Given) value: (.*)", text)
    if not values or key not in options:
        return None
    hint = options[key]
    found = {"": "nothing", "None": "null"}.get(values[-1], values[-1])
    # YAML reads 32 as a number also where the choice is the text "32".
    quotes = "; put it in quotes" if found in get_args(hint) or hint is str else ""
    return f"{origin.place_of(key)}: expected {describe(hint)}, got {found}{quotes}"
