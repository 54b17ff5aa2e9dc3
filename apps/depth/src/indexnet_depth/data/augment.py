"""FastDepth's augmentation: scale, rotation, flip, colour; all drawn from one generator."""

from dataclasses import dataclass

import numpy as np
import torch
import torchvision.transforms.v2.functional as functional
from numpy.typing import NDArray

from indexnet_depth.data.crop import cut_view
from indexnet_depth.data.frame import Frame
from indexnet_engine.errors import OptionError, check_number

__all__ = ["AugmentConfig", "augment", "check_augment"]

_JITTERS = (functional.adjust_brightness, functional.adjust_contrast, functional.adjust_saturation)


@dataclass
class AugmentConfig:
    """Data augmentation; the defaults are FastDepth's."""

    max_scale: float = 1.5
    """Maximum random scale, from 1; depth is divided by the scale."""
    max_angle: float = 5.0
    """Maximum random rotation to either side, in degrees."""
    flip: float = 0.5
    """Probability of a horizontal flip."""
    jitter: float = 0.4
    """Maximum random change of brightness, contrast and saturation, as a fraction."""


def augment(frame: Frame, config: AugmentConfig, size: int, rng: np.random.Generator) -> Frame:
    """Change a frame at random and cut it as the evaluation does (see `data.crop`).

    Drawn in this order: scale, angle, mirrored or not, the three factors of the colours, their order.

    Args:
        frame: a frame of any size.
        config: ranges of the changes.
        size: side of the result in pixels.
        rng: generator of this sample.

    Returns:
        Image (size, size, 3) in [0, 1] and depth (size, size) in metres, divided by the scale; 0 where
        invalid, also in corners that the rotation uncovers.
    """
    scale = float(rng.uniform(1, config.max_scale))
    angle = float(rng.uniform(-config.max_angle, config.max_angle))
    flip = bool(rng.random() < config.flip)
    view = cut_view(frame, size, scale=scale, angle=angle, flip=flip)
    return Frame(_jittered(view.image, config.jitter, rng), view.depth)


def check_augment(config: AugmentConfig) -> None:
    """Refuse numbers that are out of range.

    Raises:
        UserError: names the option.
    """
    for name, low, high in (("max_scale", 1, 10), ("max_angle", 0, 45), ("flip", 0, 1), ("jitter", 0, 1)):
        value = getattr(config, name)
        check_number(name, value)
        if not low <= value <= high:
            raise OptionError(name, f"must be from {low} to {high}, got {value}")


def _jittered(image: NDArray[np.float32], jitter: float, rng: np.random.Generator) -> NDArray[np.float32]:
    factors, order = rng.uniform(1 - jitter, 1 + jitter, len(_JITTERS)), rng.permutation(len(_JITTERS))
    if jitter == 0:
        return image
    planes = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
    for position in order:
        planes = _JITTERS[position](planes, float(factors[position]))
    return np.ascontiguousarray(planes.numpy().transpose(1, 2, 0))
