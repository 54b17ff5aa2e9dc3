"""The matting equation."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["composite"]


def composite(
    foreground: NDArray[np.float32], alpha: NDArray[np.float32], background: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Lay a foreground over a background: I = αF + (1 − α)B, in float, not rounded (Section 5.1).

    Shape:
        foreground (H, W, 3), alpha (H, W), background (H, W, 3), all in [0, 1] -> (H, W, 3)

    >>> red, blue = np.float32([[[1, 0, 0]]]), np.float32([[[0, 0, 1]]])
    >>> composite(red, np.float32([[0.25]]), blue).tolist()
    [[[0.25, 0.0, 0.75]]]
    """
    weight = alpha[..., None]
    return weight * foreground + (1 - weight) * background
