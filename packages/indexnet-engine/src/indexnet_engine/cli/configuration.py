"""Typed configuration: a dataclass filled from YAML files and command-line options by jsonargparse."""

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from jsonargparse import ArgumentParser, Namespace, set_parsing_settings

from indexnet_engine.cli.arguments import normalise
from indexnet_engine.cli.explain import explain
from indexnet_engine.cli.help import help_formatter, usage
from indexnet_engine.cli.hints import accepts_none, describe, option_types
from indexnet_engine.cli.origin import Origin, remember_origin, with_place
from indexnet_engine.errors import OptionError, UserError
from indexnet_engine.files import to_plain

ConfigT = TypeVar("ConfigT")


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
        raise UserError(explain(error, Origin(words), options)) from error
    _check_nulls(namespace, Origin(words), options)
    origin = Origin(words, frozenset(parser.parse_args(words, defaults=False).keys()) & options.keys())
    try:
        values = parser.instantiate(namespace)
        values.pop("config", None)
        config = config_class(**vars(values))
    except OptionError as error:
        raise with_place(error, origin, config_class) from None
    except ValueError as error:  # errors of the dataclasses' own checks
        raise UserError(" ".join(str(error).split())) from error
    remember_origin(config, origin)
    return config


def load_run_config(config_class: type[ConfigT], folder: str | Path) -> ConfigT:
    """Read the configuration of a run from its folder.

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
    values: dict[str, Any] = to_plain(config)
    return values


def _config_by_name(word: str, named: Mapping[str, Path]) -> str:
    """Replace the name of a configuration by its file; a file of that name is preferred."""
    name = word.removeprefix("--config=")
    if not word.startswith("--config=") or Path(name).is_file():
        return word
    if name in named:
        return f"--config={named[name]}"
    if Path(name).exists():
        raise UserError(f"--config: path is not a file: {name}")
    if named and not Path(name).suffix:
        raise UserError(f"--config: no file {name!r}, and none of {', '.join(named)}")
    raise UserError(f"--config: file does not exist: {name}")


def _parser(
    config_class: Any, prog: str, description: str, positional: Sequence[str], configs: Sequence[str]
) -> ArgumentParser:
    set_parsing_settings(docstring_parse_attribute_docstrings=True)
    options = option_types(config_class)
    required = [field.name for field in dataclasses.fields(config_class) if not _has_default(field)]
    parser = ArgumentParser(
        prog=prog,
        description=description,
        usage=usage(prog, options, required, positional),
        exit_on_error=False,
        allow_abbrev=False,
        default_env=False,
        formatter_class=help_formatter(options, positional, configs),
    )
    parser.add_argument("--config", action="config", metavar="FILE")
    parser.add_class_arguments(config_class)
    return parser


def _has_default(field: "dataclasses.Field[Any]") -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def _check_nulls(namespace: Namespace, origin: Origin, options: Mapping[str, Any]) -> None:
    """Refuse null where the type does not allow it; jsonargparse accepts it in YAML files."""
    for key, hint in options.items():
        if namespace.get(key) is None and not accepts_none(hint):
            raise UserError(f"{origin.place_of(key)}: expected {describe(hint)}, got null")
