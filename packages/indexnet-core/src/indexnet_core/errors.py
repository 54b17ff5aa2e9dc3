"""Errors of the core: a wrong shape, an unknown name, a network that cannot be retrofitted."""


class ShapeError(ValueError):
    """A tensor or a width does not fit; the message names the value and the expected one."""


class SpecError(ValueError):
    """An operator's name or option is unknown; the message lists the known ones."""


class RetrofitError(ValueError):
    """A network has no stages for index networks, or ambiguous ones; the message lists the candidates."""
