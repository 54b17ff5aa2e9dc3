"""Errors that the user can correct, and a check of numbers that raises one."""

import math
from collections.abc import Iterable


class UserError(Exception):
    """Something the user can put right; the message is one line that says what and how.

    A command line shows it as ``error: <message>`` and exits with status 2, without a traceback.
    """


class OptionError(UserError):
    """An option whose value is not taken.

    Whoever finds it knows the option's name, but not where it was given. A command line says that:
    ``--loop.steps must be positive, got 0``, or ``run.yaml: loop.steps must …``. In Python it reads
    ``loop.steps must …``.

    Args:
        option: Its name, or the end of that: ``size`` for ``data.size``.
        problem: What follows the name in a sentence.
    """

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(option, problem)
        self.option = option
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.option} {self.problem}"


def check_number(name: str, value: float, *, positive: bool = False) -> None:
    """Refuse a number that is not finite, negative, or zero where it must be positive.

    YAML has infinity and "not a number", too.

    Raises:
        OptionError: Names the option and the value.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise OptionError(name, f"must be finite, got {value}")
    if positive and not value > 0:
        raise OptionError(name, f"must be positive, got {value}")
    if value < 0:
        raise OptionError(name, f"must not be negative, got {value}")


def shortened(names: Iterable[str], limit: int = 4) -> str:
    """Join the first few names of a list for a message.

    >>> shortened(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
