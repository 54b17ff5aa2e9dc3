"""The ways in which a call into the core can be wrong: a shape, a name, or a network to retrofit."""


class ShapeError(ValueError):
    """A tensor or a width does not fit; the message names the values and what was expected."""


class SpecError(ValueError):
    """An operator's name or option is not known; the message lists what is."""


class RetrofitError(ValueError):
    """A network has no stages for index networks, or unclear ones; the message lists the candidates."""
