"""Layers: premultiplied colour and alpha, laid over each other, and colours beyond the covered pixels."""

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Layer", "Plane", "empty", "extend_colours", "over", "paint"]

Plane: TypeAlias = NDArray[np.floating[Any]]
"""Numbers: (H, W), (H, W, 3) for colours, or a list of them. Images are float32."""

Layer: TypeAlias = NDArray[np.floating[Any]]
"""(H, W, 4): colour times alpha, and alpha, in [0, 1]; float32. Blurring it keeps the compositing
equation."""

_FAINT = np.float32(1 / 512)


def empty(size: int) -> Layer:
    """Return a transparent layer (size, size, 4)."""
    return np.zeros((size, size, 4), np.float32)


def paint(colour: Plane, alpha: Plane) -> Layer:
    """Combine a matte (H, W) and a colour (H, W, 3) or (3,) into a layer.

    >>> paint(np.float32([1, 0.5, 0]), np.float32([[0.5]])).tolist()
    [[[0.5, 0.25, 0.0, 0.5]]]
    """
    layer = np.empty((*alpha.shape, 4), np.float32)
    np.multiply(colour, alpha[..., None], out=layer[..., :3])
    layer[..., 3] = alpha
    return layer


def over(top: Layer, bottom: Layer) -> Layer:
    """Lay one layer over another (Porter and Duff, 1984).

    >>> white, black = np.float32([[[0.5, 0.5, 0.5, 0.5]]]), np.float32([[[0, 0, 0, 1]]])
    >>> over(white, black).tolist()
    [[[0.5, 0.5, 0.5, 1.0]]]
    """
    return top + (1 - top[..., 3:]) * bottom


def extend_colours(layer: Layer) -> Plane:
    """Divide colours by alpha, and continue them smoothly where alpha is (nearly) zero.

    Coarser and coarser averages of the layer fill what finer ones leave open (pull-push; Gortler et al., The
    Lumigraph, 1996).

    Returns:
        Colours (H, W, 3) in [0, 1], not multiplied by alpha.
    """
    height, width = layer.shape[:2]
    if min(height, width) <= 2:
        mean = layer.mean((0, 1))
        return np.broadcast_to(mean[:3] / max(mean[3], _FAINT), (height, width, 3)).clip(0, 1)
    half = cv2.resize(layer, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    coarse = extend_colours(np.asarray(half, np.float32))
    filled = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    alpha = layer[..., 3:]
    # Faint pixels keep little of their own colour, which rounding would falsify.
    own = alpha / (alpha + _FAINT)
    return (own * (layer[..., :3] / np.maximum(alpha, 1e-6)) + (1 - own) * filled).clip(0, 1)
