"""FastDepth's augmentation: scale, rotation, flip, colour; one generator draws all of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.frames import Frame

__all__ = ["AugmentConfig", "augment", "check_augment"]


@dataclass
class AugmentConfig:
    """Random changes of a training frame; the defaults are FastDepth's."""

    max_scale: float = 1.5
    """Frames are enlarged by 1 to this; what is enlarged is nearer, so depth is divided by it."""
    max_angle: float = 5.0
    """Frames are turned by up to this many degrees to either side."""
    flip: float = 0.5
    """Chance of a mirrored frame."""
    jitter: float = 0.4
    """Brightness, contrast and saturation change by up to this factor, in random order."""


def augment(
    frame: Frame, config: AugmentConfig, size: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Change a frame at random and cut it as the evaluation does (see `data.evaluation`).

    Args:
        frame: of any size.
        config: how much.
        size: side of the result in pixels.
        rng: of this sample.

    Returns:
        Image (size, size, 3) in [0, 1] and depth (size, size) in metres, divided by the scale; 0 where
        invalid, also in corners that the rotation has uncovered.
    """
    raise NotImplementedError


def check_augment(config: AugmentConfig) -> None:
    """Refuse numbers that make no sense.

    Raises:
        UserError: names the option.
    """
    raise NotImplementedError
