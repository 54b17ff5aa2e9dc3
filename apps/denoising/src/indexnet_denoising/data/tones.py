"""Other tones for a patch: contrast, brightness, negative."""

import numpy as np
from numpy.typing import NDArray

MIN_GAIN = 0.05
"""Lowest contrast, as a factor on that of the photograph."""


def vary_tones(patch: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a gain, an offset and whether to invert; all channels get the same.

    A few photographs have few tones, and a network trained on them fails on others, a bright sky for example.
    The gain is uniform in [`MIN_GAIN`, 1], the offset uniform among those that keep the patch in [0, 1]; half
    of the patches are inverted.

    Args:
        patch: any shape, values in [0, 1].
        rng: generator of the three numbers.

    Returns:
        ``gain * patch + offset`` or one minus this, in [0, 1].

    >>> varied = vary_tones(np.array([0.0, 1.0], np.float32), np.random.default_rng(0))
    >>> bool(0 <= varied.min() < varied.max() <= 1)
    True
    """
    gain = rng.uniform(MIN_GAIN, 1)
    offset = rng.uniform(-gain * patch.min(), 1 - gain * patch.max())
    varied = np.float32(gain) * patch + np.float32(offset)
    if rng.random() < 0.5:
        varied = 1 - varied
    return varied.clip(0, 1)  # rounding may exceed the range
