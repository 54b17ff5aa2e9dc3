"""Progress bars and notes on stderr, from the main process only."""

import sys
from functools import cache
from typing import Any

from tqdm import tqdm

from indexnet_engine.processes import torchrun_number


def is_main_process() -> bool:
    """Return whether this process prints and writes files: all do, except torchrun's with rank > 0."""
    return torchrun_number("RANK", alone=0) == 0


def progress_bar(
    total: int,
    description: str,
    *,
    initial: int = 0,
    unit: str = "it",
    at_once: bool = False,
    shown: bool = True,
) -> "tqdm[Any]":
    """Return a progress bar, advanced by ``update()``; use it as a context manager.

    It appears after a second, so that a short task shows none, or ``at_once`` where a single step takes
    seconds; then it is part of another task, and removed at its end. In a log file (stderr is not a terminal)
    it writes a line every half minute instead of ten per second.
    """
    return tqdm(
        total=total,
        desc=description,
        initial=initial,
        unit=unit,
        dynamic_ncols=True,
        delay=0.0 if at_once else 1.0,
        leave=not at_once,
        mininterval=0.1 if sys.stderr.isatty() else 30.0,
        disable=not (shown and is_main_process()),
    )


def say(message: str) -> None:
    """Print a line on stderr above the progress bar, from the main process only."""
    if is_main_process():
        tqdm.write(message, file=sys.stderr)


@cache
def say_once(message: str) -> None:
    """Print a line as `say` does, but only once in a process."""
    say(message)
