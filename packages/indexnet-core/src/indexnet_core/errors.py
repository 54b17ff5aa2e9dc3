"""The two ways in which a call into the core can be wrong: a shape, or a name."""


class ShapeError(ValueError):
    """A tensor or a width does not fit; the message names the values and what was expected."""


class SpecError(ValueError):
    """An operator's name or option is not known; the message lists what is."""
