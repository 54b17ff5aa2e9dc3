"""What numbers of a configuration may be; YAML knows infinity and "not a number", too."""

import math

from indexnet_engine.errors import UserError


def check_number(name: str, value: float, *, positive: bool = False) -> None:
    """Refuse a number that is not finite, negative, or zero where it must be positive.

    Raises:
        UserError: Names the option and the value.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{name} must be finite, got {value}")
    if positive and not value > 0:
        raise UserError(f"{name} must be positive, got {value}")
    if value < 0:
        raise UserError(f"{name} must not be negative, got {value}")
