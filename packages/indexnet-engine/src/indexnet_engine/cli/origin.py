"""The places where the options of a configuration were given, for error messages."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from indexnet_engine.cli.hints import option_types
from indexnet_engine.errors import OptionError, UserError

_ATTRIBUTE = "_origin"


@dataclass(frozen=True)
class Origin:
    """The places where the options of a configuration were given.

    Attributes:
        words: One ``--key=value`` for each option or file of the command line.
        keys: The options that they set, including those of files.
    """

    words: Sequence[str]
    keys: frozenset[str] = frozenset()

    @property
    def files(self) -> str:
        """The configuration files, separated by commas."""
        options = (word.partition("=") for word in self.words)
        return ", ".join(value for option, _, value in options if option == "--config")

    def place_of(self, key: str) -> str:
        """Name an option the way it was given: ``--tile``, or ``run.yaml: tile``."""
        as_option = not self.files or any(word.startswith(f"--{key}=") for word in self.words)
        return f"--{key}" if as_option else f"{self.files}: {key}"


def remember_origin(config: object, origin: Origin) -> None:
    """Attach the origin to a configuration; the dataclass may be frozen."""
    object.__setattr__(config, _ATTRIBUTE, origin)


def given_keys(config: object) -> frozenset[str]:
    """Return the options that `parse_config` was given, in words or files, such as ``loop.steps``.

    Options that were set to their default value count, too. A configuration that was not parsed has none.
    """
    origin: Origin = getattr(config, _ATTRIBUTE, Origin(()))
    return origin.keys


@contextmanager
def naming_options(config: object) -> Iterator[None]:
    """Add to every `OptionError` of the block where the option was given: ``--tile``, or ``run.yaml: tile``.

    Args:
        config: From `parse_config`; for any other object, errors are unchanged.
    """
    try:
        yield
    except OptionError as error:
        if (origin := getattr(config, _ATTRIBUTE, None)) is None:
            raise
        raise with_place(error, origin, type(config)) from None


def with_place(error: OptionError, origin: Origin, config_class: type) -> UserError:
    """Return the error with the place of its option, or unchanged if no single option has this name."""
    options = option_types(config_class)
    ends = [key for key in options if key.endswith(f".{error.option}")]
    keys = [error.option] if error.option in options else ends
    if len(keys) != 1:
        return error
    # A default that conflicts with another option was not given anywhere.
    place = origin.place_of(keys[0]) if keys[0] in origin.keys else f"--{keys[0]}"
    return UserError(f"{place} {error.problem}")
