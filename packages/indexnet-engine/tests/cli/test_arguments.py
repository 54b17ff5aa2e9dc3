"""Rules that `test_commands.py` does not test through a whole program."""

from pathlib import Path
from typing import Any

import pytest

from indexnet_engine.cli.arguments import nearest_option, normalise
from indexnet_engine.errors import UserError

OPTIONS: dict[str, Any] = {
    "batch_size": int,
    "loop": object,
    "loop.stop_after": int,
    "fast_mode": bool,
    "out": Path,
}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--batch-size", "4"], ["--batch_size=4"]),
        (["--batch-size=4", "--fast-mode"], ["--batch_size=4", "--fast_mode=true"]),
        (["--loop.stop-after", "3"], ["--loop.stop_after=3"]),
        (["--out", "my-folder"], ["--out=my-folder"]),  # values stay as they are
    ],
)
def test_dashes_stand_for_underscores(words: list[str], expected: list[str]) -> None:
    assert normalise(words, OPTIONS) == expected


def test_an_unknown_option_is_shown_as_it_was_typed() -> None:
    with pytest.raises(UserError, match="unknown option --batch-sice; did you mean --batch_size"):
        normalise(["--batch-sice", "4"], OPTIONS)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("loop.stopafter", "loop.stop_after"),
        ("loop.batch_size", None),  # of the same group, none is near
        ("lop.stop_after", "loop.stop_after"),
        ("confg", "config"),
        ("zzz", None),
    ],
)
def test_the_nearest_option(key: str, meant: str | None) -> None:
    assert nearest_option(key, OPTIONS) == meant


@pytest.mark.parametrize("word", ["yes", "no", "Off", "1"])
def test_a_word_that_is_meant_for_a_switch(word: str) -> None:
    with pytest.raises(UserError, match=f"--fast_mode: expected true or false, got {word}"):
        normalise(["--fast_mode", word, "--batch_size", "4"], OPTIONS)
