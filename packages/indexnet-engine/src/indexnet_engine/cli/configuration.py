"""Typed configuration: a dataclass filled from YAML files and command-line options by jsonargparse."""

import argparse
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

import yaml
from jsonargparse import ArgumentParser, Namespace, set_parsing_settings

from indexnet_engine.cli.arguments import (
    accepts_none,
    describe,
    nearest_option,
    normalise,
    option_types,
    takes_several,
)
from indexnet_engine.cli.help import help_formatter
from indexnet_engine.errors import OptionError, UserError
from indexnet_engine.plain import plain

ConfigT = TypeVar("ConfigT")

_GIVEN = "_given"


class _Given(NamedTuple):
    """What a configuration was made from: one word for each option or file, and the options that they set."""

    words: Sequence[str]
    keys: frozenset[str] = frozenset()


def parse_config(
    config_class: type[ConfigT],
    argv: Sequence[str],
    *,
    prog: str = "",
    description: str = "",
    positional: Sequence[str] = (),
    configs: Path | None = None,
) -> ConfigT:
    """Build a configuration from a command line; see `indexnet_engine.cli.arguments` for its rules.

    Args:
        config_class: A dataclass. Its fields become options, with the string under a field as help.
        argv: The command line without program and command; ``--config FILE`` reads YAML.
        prog: The words before the options, for the help.
        description: What the command does, for the help.
        positional: The fields that may be given without dashes.
        configs: A folder of YAML files that ``--config`` takes by their names alone.

    Raises:
        UserError: A key, value, type or file is wrong; one line that names it.
        SystemExit: With status 0, after ``--help`` or ``--print_config``.
    """
    options = option_types(config_class)
    named = {} if configs is None else {file.stem: file for file in sorted(configs.glob("*.yaml"))}
    words = [_config_by_name(word, named) for word in normalise(argv, options, positional)]
    parser = _parser(config_class, prog, description, positional, list(named))
    try:
        namespace = parser.parse_args(words)
    except (argparse.ArgumentError, yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise UserError(_explain(error, words, options)) from error
    _check_nulls(namespace, words, options)
    given = _Given(words, frozenset(parser.parse_args(words, defaults=False).keys()) & options.keys())
    try:
        values = parser.instantiate(namespace)
        values.pop("config", None)
        config = config_class(**vars(values))
    except OptionError as error:
        raise _placed(error, given, options) from None
    except ValueError as error:  # what the dataclasses themselves check after construction
        raise UserError(" ".join(str(error).split())) from error
    object.__setattr__(config, _GIVEN, given)  # the dataclass may be frozen
    return config


def given_keys(config: object) -> frozenset[str]:
    """Tell which options `parse_config` was given, in words or files: ``loop.steps``, for one.

    Defaults that were given count, too. A configuration that was made otherwise has none.
    """
    given: _Given = getattr(config, _GIVEN, _Given(()))
    return given.keys


@contextmanager
def naming_options(config: object) -> Iterator[None]:
    """Say in every `OptionError` of the block where the option was given: ``--tile``, or ``run.yaml: tile``.

    Args:
        config: From `parse_config`; with another one, errors stay as they are.
    """
    try:
        yield
    except OptionError as error:
        if (given := getattr(config, _GIVEN, None)) is None:
            raise
        raise _placed(error, given, option_types(type(config))) from None


def load_run_config(config_class: type[ConfigT], folder: str | Path) -> ConfigT:
    """Read the configuration of a run back from its folder.

    Raises:
        UserError: The folder has no ``config.yaml`` or it does not fit the class.
    """
    file = Path(folder) / "config.yaml"
    if not file.is_file():
        raise UserError(f"{folder}: not the folder of a run (no config.yaml there)")
    return parse_config(config_class, [f"--config={file}"])


def to_dict(config: object) -> dict[str, Any]:
    """Turn a configuration into plain values that YAML and JSON can hold: paths become texts.

    >>> @dataclasses.dataclass
    ... class Config:
    ...     data: Path = Path("photos")
    ...     crops: tuple[int, int] = (4, 4)
    >>> to_dict(Config())
    {'data': 'photos', 'crops': [4, 4]}
    """
    if not dataclasses.is_dataclass(config) or isinstance(config, type):
        raise TypeError(f"expected an instance of a dataclass, got {config!r}")
    values: dict[str, Any] = plain(config)
    return values


def _config_by_name(word: str, named: Mapping[str, Path]) -> str:
    """Put the file in the place of the name of a configuration; a file of that name goes first."""
    name = word.removeprefix("--config=")
    if not word.startswith("--config=") or Path(name).is_file():
        return word
    if name in named:
        return f"--config={named[name]}"
    if named and not Path(name).suffix and not Path(name).exists():
        raise UserError(f"--config: no file {name!r}, and none of {', '.join(named)}")
    return word


def _parser(
    config_class: Any, prog: str, description: str, positional: Sequence[str], configs: Sequence[str]
) -> ArgumentParser:
    set_parsing_settings(docstring_parse_attribute_docstrings=True)
    options = option_types(config_class)
    needed = {field.name for field in dataclasses.fields(config_class) if not _has_default(field)}
    words = {name: name.upper() + " ..." * takes_several(options[name]) for name in positional}
    free = " ".join(word if name in needed else f"[{word}]" for name, word in words.items())
    parser = ArgumentParser(
        prog=prog,
        description=description,
        usage=" ".join(f"{prog} {free} [--config FILE] [--option VALUE ...]".split()),
        exit_on_error=False,
        allow_abbrev=False,
        default_env=False,
        formatter_class=help_formatter(options, configs),
    )
    parser.add_argument("--config", action="config", metavar="FILE")
    parser.add_class_arguments(config_class)
    return parser


def _has_default(field: "dataclasses.Field[Any]") -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def _check_nulls(namespace: Namespace, words: Sequence[str], options: Mapping[str, Any]) -> None:
    """Refuse null where the type does not allow it; jsonargparse takes it from YAML files."""
    for key, hint in options.items():
        if namespace.get(key) is None and not accepts_none(hint):
            raise UserError(f"{_place_of(key, words)}: expected {describe(hint)}, got null")


def _explain(error: Exception, words: Sequence[str], options: Mapping[str, Any]) -> str:
    """Put what jsonargparse says, often many lines with Python's names of types, into one line."""
    text = str(error)
    files = _config_files(words)
    if missing := re.search(r"arguments are required: (.*)", text):
        return "missing " + ", ".join(f"--{key.strip().replace('_', '-')}" for key in missing[1].split(","))
    if unknown := re.search(r"Group '(.*)' does not accept option '(.*)'|Option '(.*)' is not", text):
        name = ".".join(filter(None, unknown.groups()))
        close = nearest_option(name, options)
        return f"{files}: unknown option {name}" + (f"; did you mean {close}?" if close else "")
    if bad_file := re.search(r"File does not exist|Path is not a file|not readable", text):
        return f"--config: {bad_file[0].lower()}: {files}"
    if text.startswith("Unexpected config"):
        return f"{files}: expected lines of the form `option: value`"
    key = re.match(r'Parser key "(.*?)"', text)
    if key and (group := re.search(r"Unable to load config '(.*?)'", text)):
        example = next((option for option in options if option.startswith(f"{key[1]}.")), key[1])
        return f"--{key[1]}: no file of options {group[1]}; single ones have a dot in their name: --{example}"
    values = re.findall(r"(?:Got|Given) value: (.*)", text)
    if key and values and key[1] in options:
        expected = describe(options[key[1]])
        found = {"": "nothing", "None": "null"}.get(values[-1], values[-1])
        # YAML reads 32 as a number also where the choice is the text "32".
        quotes = "; put it in quotes" if found in get_args(options[key[1]]) or options[key[1]] is str else ""
        return f"{_place_of(key[1], words)}: expected {expected}, got {found}{quotes}"
    text = text.replace("Problems parsing config: ", "").replace('in "<unicode string>", ', "")
    return f"{files}: " * bool(files) + " ".join(text.split())


def _placed(error: OptionError, given: _Given, options: Mapping[str, Any]) -> UserError:
    """Give the error with the place of its option, or as it is where no single option has this name."""
    ends = [key for key in options if key.endswith(f".{error.option}")]
    keys = [error.option] if error.option in options else ends
    if len(keys) != 1:
        return error
    # A default that does not fit something else stands in no file.
    place = _place_of(keys[0], given.words) if keys[0] in given.keys else f"--{keys[0]}"
    return UserError(f"{place} {error.problem}")


def _place_of(key: str, words: Sequence[str]) -> str:
    """Say where a value was given: as an option, or else in a configuration file."""
    files = _config_files(words)
    as_option = not files or any(word.startswith(f"--{key}=") for word in words)
    return f"--{key}" if as_option else f"{files}: {key}"


def _config_files(words: Sequence[str]) -> str:
    return ", ".join(word.removeprefix("--config=") for word in words if word.startswith("--config="))
