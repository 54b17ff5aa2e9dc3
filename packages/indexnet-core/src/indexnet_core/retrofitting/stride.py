"""Which sizes a network takes: what the sides of its input have to be multiples of."""

from collections.abc import Sequence
from math import lcm

from indexnet_core.retrofitting.pairing import fits
from indexnet_core.retrofitting.steps import Step
from indexnet_core.retrofitting.trace import Observation

__all__ = ["needed_stride"]


def needed_stride(steps: Sequence[Step], seen: Observation) -> int | None:
    """The number whose multiples all coupled steps halve exactly.

    Steps that are coupled and left alone count, too: what comes up by two meets a skip connection there.
    What nothing undoes, such as pooling for context, is the network's own business.

    Returns:
        The number; None where it cannot be told, since some map is no fraction 1/s of the image, as after
        convolutions without padding.
    """
    images = [tensor for tensor in seen.modules[0].inputs if tensor.ndim == 4]
    if not images:
        return None
    downs = [step for step in steps if step.direction == "down" and any(fits(step, up) for up in steps)]
    factors = [1]
    for step in downs:
        for side, narrow in zip(images[0].shape[2:], step.narrow):
            if side % narrow and narrow % side:
                return None
            factors.append(max(1, side // narrow))  # below 1 where the network enlarges its input first
    return lcm(*factors)
