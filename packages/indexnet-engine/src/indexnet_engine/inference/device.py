"""The device of a network, and the sizes that it takes."""

import torch
from torch import nn

from indexnet_engine.errors import OptionError, UserError

__all__ = ["device_of", "pick_device", "reach_of", "refuse_options_of_weights", "stride_of"]


def pick_device(name: str = "auto") -> str:
    """Check a device by name; ``auto`` is the best available, as in training.

    Raises:
        UserError: the device is not available.
    """
    if name == "auto":
        found = torch.accelerator.current_accelerator(check_available=True)
        return "cpu" if found is None else found.type
    try:
        device = torch.device(name)
    except RuntimeError:
        raise OptionError(
            "device", f"{name!r} is unknown; expected cpu, cuda, cuda:1, mps, ... or auto"
        ) from None
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0].split(". ")[0]
        raise OptionError("device", f"{name!r} cannot be used: {reason}") from None
    return name


def stride_of(model: nn.Module) -> int:
    """Return the number that must divide the height and width of a network's input."""
    return int(getattr(model, "stride", 1))


def reach_of(model: nn.Module) -> int | None:
    """Return the distance in pixels of the furthest input pixel on which an output pixel of a network
    depends; None if the network does not state it."""
    reach = getattr(model, "reach", None)
    return None if reach is None else int(reach)


def device_of(model: nn.Module) -> torch.device:
    """Return the device of a network's weights, the CPU if it has none.

    >>> device_of(nn.Identity())
    device(type='cpu')
    """
    parameter = next(model.parameters(), None)
    return torch.device("cpu") if parameter is None else parameter.device


def refuse_options_of_weights(weights: object, options: object) -> None:
    """Refuse options of a network together with trained weights, whose own options would silently override
    them.

    Args:
        weights: the value of ``--weights``, or None.
        options: the dataclass under ``--model``.

    Raises:
        UserError: both were given.
    """
    if weights is not None and options != type(options)():
        raise UserError(f"{weights}: --model.* cannot be combined with --weights")
