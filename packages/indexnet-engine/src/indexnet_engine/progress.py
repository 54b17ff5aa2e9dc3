"""Progress bars and notes on stderr, from the main process only."""

import sys
from functools import cache
from typing import Any

from tqdm import tqdm

from indexnet_engine.processes import torchrun_number


def is_main_process() -> bool:
    """Return whether this process prints and writes files: all do, except torchrun's with rank > 0."""
    return torchrun_number("RANK", alone=0) == 0


def progress_bar(total: int, description: str, *, initial: int = 0, unit: str = "it") -> "tqdm[Any]":
    """Return a progress bar, advanced by ``update()``; use it as a context manager.

    It appears after a second, so that a short task shows none. In a log file (stderr is not a terminal) it
    writes a line every half minute instead of ten per second.
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
    """Print a line on stderr above the progress bar, from the main process only."""
    if is_main_process():
        tqdm.write(message, file=sys.stderr)


@cache
def say_once(message: str) -> None:
    """Print a line as `say` does, but only once in a process."""
    say(message)
