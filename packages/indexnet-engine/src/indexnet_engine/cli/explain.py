"""Convert errors of jsonargparse, often many lines with Python types, into one line for the user."""

import re
from collections.abc import Mapping
from typing import Any, get_args

from indexnet_engine.cli.arguments import nearest_option
from indexnet_engine.cli.hints import describe
from indexnet_engine.cli.origin import Origin


def explain(error: Exception, origin: Origin, options: Mapping[str, Any]) -> str:
    """Describe in one line which option or file is wrong, and why.

    Args:
        error: From jsonargparse, PyYAML or the file system.
        origin: The command line.
        options: The types of the options, from `option_types`.
    """
    text = str(error)
    if text.startswith("Unexpected config"):
        return f"{origin.files}: expected lines of the form `option: value`"
    if line := (
        _missing(text)
        or _unknown(text, origin, options)
        or _bad_group(text, options)
        or _bad_value(text, origin, options)
    ):
        return line
    text = text.replace("Problems parsing config: ", "").replace('in "<unicode string>", ', "")
    return f"{origin.files}: " * bool(origin.files) + " ".join(text.split())


def _missing(text: str) -> str | None:
    missing = re.search(r"arguments are required: (.*)", text)
    return missing and "missing " + ", ".join(f"--{key.strip()}" for key in missing[1].split(","))


def _unknown(text: str, origin: Origin, options: Mapping[str, Any]) -> str | None:
    unknown = re.search(r"Group '(.*)' does not accept option '(.*)'|Option '(.*)' is not", text)
    if unknown is None:
        return None
    name = ".".join(filter(None, unknown.groups()))
    close = nearest_option(name, options)
    return f"{origin.files}: unknown option {name}" + (f"; did you mean {close}?" if close else "")


def _bad_group(text: str, options: Mapping[str, Any]) -> str | None:
    bad = re.match(r"Parser key \"(.*?)\".*Unable to load config '(.*?)'", text, flags=re.DOTALL)
    if bad is None:
        return None
    key, file = bad.groups()
    example = next((option for option in options if option.startswith(f"{key}.")), key)
    return f"--{key}: no such file: {file}; options of this group have a dot, as in --{example}"


def _bad_value(text: str, origin: Origin, options: Mapping[str, Any]) -> str | None:
    bad = re.match(r'Parser key "(.*?)".*(?:Got|Given) value: ([^\n]*)', text, flags=re.DOTALL)
    if bad is None or bad[1] not in options:
        return None
    hint = options[bad[1]]
    found = {"": "nothing", "None": "null"}.get(bad[2], bad[2])
    # YAML reads 32 as a number also where the choice is the text "32".
    quotes = "; put it in quotes" if found in get_args(hint) or hint is str else ""
    return f"{origin.place_of(bad[1])}: expected {describe(hint)}, got {found}{quotes}"
