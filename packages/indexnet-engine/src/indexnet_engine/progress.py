"""What a person sees while a long command runs: on stderr, from one process only."""

import sys
from functools import cache
from typing import Any

from tqdm import tqdm

from indexnet_engine.processes import torchrun_number


def is_main_process() -> bool:
    """Tell whether this process speaks and writes files: always, except in a torchrun process of rank > 0."""
    return torchrun_number("RANK", alone=0) == 0


def progress_bar(total: int, description: str, *, initial: int = 0, unit: str = "it") -> "tqdm[Any]":
    """Make a bar to be moved by ``update()``; use it as a context manager.

    It appears after a second, so that what is quickly done, or quickly refused, shows none. In a log file
    (stderr is no terminal) it writes a line every half minute rather than ten a second.
    """
    return tqdm(
        total=total,
        desc=description,
        initial=initial,
        unit=unit,
        dynamic_ncols=True,
        delay=1.0,
        mininterval=0.1 if sys.stderr.isatty() else 30.0,
        disable=not is_main_process(),
    )


def say(message: str) -> None:
    """Print a line on stderr without tearing a progress bar, from the main process only."""
    if is_main_process():
        tqdm.write(message, file=sys.stderr)


@cache
def say_once(message: str) -> None:
    """Print a line as `say` does, but never twice in one process."""
    say(message)
