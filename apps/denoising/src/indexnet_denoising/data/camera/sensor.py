"""Noise of a sensor in linear light: shot noise, of a variance proportional to the light, and read noise.

Levels as in Brooks et al., "Unprocessing images for learned raw denoising", CVPR 2019, Section 4.1: the
logarithm of the shot noise is uniform, that of the read noise depends on it. The range is wider here.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHOT_RANGE", "SensorNoise", "add_sensor_noise", "draw_sensor_noise"]

SHOT_RANGE = (3e-5, 0.03)
"""Variance of the shot noise at full white; Brooks et al. have 0.0001 to 0.012."""


class SensorNoise(NamedTuple):
    """Variances of the noise of a pixel with light L in [0, 1]: ``shot * L + read``."""

    shot: float
    read: float


def draw_sensor_noise(rng: np.random.Generator, shot_range: tuple[float, float] = SHOT_RANGE) -> SensorNoise:
    """Draw the noise of a camera at some sensitivity.

    Args:
        rng: generator of the two numbers.
        shot_range: ends of the log-uniform shot noise.
    """
    low, high = shot_range
    log_shot = rng.uniform(math.log(low), math.log(high))
    log_read = rng.normal(2.18 * log_shot + 1.2, 0.26)
    return SensorNoise(math.exp(log_shot), math.exp(log_read))


def add_sensor_noise(
    raw: NDArray[np.float32], noise: SensorNoise, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Add independent normal noise of variance ``shot * raw + read``; the result is not clipped.

    Args:
        raw: linear light, any shape; white is 1. Negative values have read noise only.
        noise: the two variances.
        rng: generator of the noise.
    """
    deviation = np.sqrt(noise.shot * raw.clip(0) + noise.read, dtype=np.float32)
    deviation *= rng.standard_normal(raw.shape, dtype=np.float32)
    deviation += raw
    return deviation
