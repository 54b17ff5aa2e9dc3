"""Rewrite a command line as one ``--key=value`` for each option, the form that jsonargparse parses.

jsonargparse wants lists as ``--sigma=[15,25]`` and refuses ``--lr -1e-3``. The rules here depend on the types
of the configuration alone and are those of most programs:

* an option takes the next word; a list takes all words up to the next option;
* true/false options may stand alone, meaning true;
* dashes and underscores in an option's name are the same: ``--batch-size`` is ``--batch_size``;
* words that belong to no option are positional, in order;
* configuration files come first, so that options override them in any order.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_origin

from indexnet_engine.cli.hints import accepts_none, describe, is_switch, is_union, item_type
from indexnet_engine.errors import UserError

_NEGATIVE_NUMBER = re.compile(r"-\.?\d|-inf$|-nan$")
# Words after a switch that are taken as its value rather than the name of a file.
_ALMOST_BOOLEAN = ("yes", "no", "on", "off", "0", "1")


def normalise(argv: Sequence[str], options: Mapping[str, Any], positional: Sequence[str] = ()) -> list[str]:
    """Rewrite a command line as one ``--key=value`` for each option, configuration files first.

    Args:
        argv: The words after the name of the command.
        options: The types of the options, from `option_types`.
        positional: The options that words without dashes set, in this order. The last one takes all remaining
            words if it is a list.

    Raises:
        UserError: An option does not exist or lacks its value, or there is a superfluous word.

    >>> normalise(["a.png", "--sigma", "15", "25"], {"input": Path, "sigma": list[float]}, ["input"])
    ['--input=a.png', '--sigma=[15,25]']
    """
    configs: list[str] = []
    settings: list[str] = []
    free: list[str] = []
    for key, words in _split(argv, options):
        if key is None:
            free += words
        elif key == "config":
            configs.append(f"--config={words[0]}")
        else:
            if words == [""] and options[key] is not str:
                raise UserError(f"--{key}: expected {describe(options[key])}, got nothing")
            settings.append(f"--{key}" + (f"={_value(words, options.get(key))}" if words else ""))
    return configs + _place(free, options, positional) + settings


def nearest_option(key: str, options: Mapping[str, Any]) -> str | None:
    """Find the option that was probably meant, in the same group if the group exists.

    >>> nearest_option("optim.lrate", {"optim": None, "optim.rate": None, "optimizer": None})
    'optim.rate'
    """
    group = key.rpartition(".")[0]
    prefix = f"{group}." if group in options else ""
    names = [name.removeprefix(prefix) for name in ["config", *options] if name.startswith(prefix)]
    close = get_close_matches(key.removeprefix(prefix), names, n=1, cutoff=0.65)
    return prefix + close[0] if close else None


def _split(argv: Sequence[str], options: Mapping[str, Any]) -> Iterator[tuple[str | None, list[str]]]:
    """Yield each option with its words, and the words that belong to none with the key None."""
    words = list(argv)
    while words:
        word = words.pop(0)
        if word == "--":
            yield None, words
            return
        if not _is_option(word):
            yield None, [word]
            continue
        key, equals, value = word.removeprefix("--").partition("=")
        key = key.replace("-", "_") if word.startswith("--") else key
        if word == "-h" or key in ("help", "print_config"):
            yield ("help" if word == "-h" else key), [value] if equals else []
            continue
        _check_known(word, key, options)
        yield key, [value] if equals else _take(key, words, options.get(key))


def _take(key: str, words: list[str], hint: Any) -> list[str]:
    """Remove the words of an option from the front of ``words`` and return them."""
    count = next((index for index, word in enumerate(words) if _is_option(word)), len(words))
    if is_switch(hint):
        return [_take_boolean(key, words, hint) if count else "true"]
    if count == 0:
        raise UserError(f"--{key}: expected {'a file' if hint is None else describe(hint)}, got nothing")
    count = count if item_type(hint) else 1
    taken, words[:] = words[:count], words[count:]
    return taken


def _take_boolean(key: str, words: list[str], hint: Any) -> str:
    """Remove the value of a switch from the front of ``words``; true if the first word is none."""
    if words[0].lower() in _ALMOST_BOOLEAN:
        raise UserError(f"--{key}: expected {describe(hint)}, got {words[0]}")
    is_value = words[0] in ("true", "false") or (words[0] == "null" and accepts_none(hint))
    return words.pop(0) if is_value else "true"


def _place(words: list[str], options: Mapping[str, Any], positional: Sequence[str]) -> list[str]:
    placed: list[str] = []
    for index, key in enumerate(positional):
        if not words:
            break
        takes_all = index == len(positional) - 1 and item_type(options[key])
        count = len(words) if takes_all else 1
        placed.append(f"--{key}={_value(words[:count], options[key])}")
        words = words[count:]
    if words:
        raise UserError(f"unexpected argument {words[0]!r}; options begin with two dashes (see --help)")
    return placed


def _value(words: list[str], hint: Any) -> str:
    item = item_type(hint)
    single = len(words) == 1
    if item is None or (single and (words[0].startswith("[") or is_union(hint))):
        return words[0]
    quoted = item in (str, Path) or get_origin(item) is Literal
    return "[" + ",".join(json.dumps(word) if quoted else word for word in words) + "]"


def _check_known(word: str, key: str, options: Mapping[str, Any]) -> None:
    if word.startswith("--") and (key == "config" or key in options):
        return
    close = nearest_option(key.lstrip("-"), options)
    hint = f"; did you mean --{close}?" if close else " (see --help)"
    raise UserError(f"unknown option {word.partition('=')[0]}{hint}")


def _is_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-") and not _NEGATIVE_NUMBER.match(word)
