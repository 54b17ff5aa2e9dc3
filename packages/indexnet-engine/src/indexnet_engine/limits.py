"""What numbers of a configuration may be; YAML knows infinity and "not a number", too."""

import math

from indexnet_engine.errors import OptionError


def check_number(name: str, value: float, *, positive: bool = False) -> None:
    """Refuse a number that is not finite, negative, or zero where it must be positive.

    Raises:
        OptionError: Names the option and the value.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise OptionError(name, f"must be finite, got {value}")
    if positive and not value > 0:
        raise OptionError(name, f"must be positive, got {value}")
    if value < 0:
        raise OptionError(name, f"must not be negative, got {value}")
