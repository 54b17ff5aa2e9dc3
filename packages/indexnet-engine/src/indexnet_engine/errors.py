"""Errors that the user can correct, and a check of numbers that raises one."""

import math
from collections.abc import Iterable


class UserError(Exception):
    """A mistake that the user can correct, with a message of one line.

    A command line shows it as ``error: <message>`` and exits with status 2, without a traceback.
    """


class OptionError(UserError):
    """An option has a value that cannot be used.

    The code that raises it knows the name of the option, but not where it was given. The command line adds
    that: ``--loop.steps must be positive, got 0``, or ``run.yaml: loop.steps must …``. In Python the message
    is ``loop.steps must …``.

    Args:
        option: Name of the option, or the end of the name: ``size`` for ``data.size``.
        problem: The rest of the sentence after the name.
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
        OptionError: The message has the option and the value.
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
