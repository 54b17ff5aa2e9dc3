"""White Gaussian noise, random for training and fixed for evaluation.

Sigma is always on the 0–255 scale, images are in [0, 1]. Noisy images are not clipped, unless
`as_eight_bits` is asked for: the paper (Section 5.2) clips the prediction, not the input.
"""

import hashlib
import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import OptionError

Sigma: TypeAlias = float | tuple[float, float]
"""A fixed noise level, or the (low, high) range of a blind denoiser; 0–255 scale."""


def as_sigma(value: float | Sequence[float], name: str = "sigma") -> Sigma:
    """Check a noise level from a configuration: a number, or the two ends of a range.

    Args:
        value: the level or levels.
        name: name of the option, for the error.

    Raises:
        OptionError: negative, not finite, more than 255, the wrong count, or a range the wrong way round.

    >>> as_sigma(25), as_sigma([0, 55])
    (25.0, (0.0, 55.0))
    """
    levels = [float(level) for level in (value if isinstance(value, Sequence) else [value])]
    bad = [level for level in levels if not (math.isfinite(level) and 0 <= level <= 255)]
    if bad:
        raise OptionError(name, f"is on the 0–255 scale and cannot be {bad[0]:g}")
    if len(levels) == 1:
        return levels[0]
    if len(levels) != 2:
        raise OptionError(name, f"is one number or a range of two (low high), got {len(levels)}: {levels}")
    low, high = levels
    if low > high:
        raise OptionError(name, f"is a range from low to high, got {low:g} {high:g}")
    return low, high


def draw_sigma(sigma: Sigma, rng: np.random.Generator) -> float:
    """Return the fixed noise level, or draw one uniformly from a range."""
    return rng.uniform(*sigma) if isinstance(sigma, tuple) else sigma


def add_noise(image: NDArray[np.float32], sigma: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Add white Gaussian noise of standard deviation ``sigma / 255``; the result is not clipped.

    Args:
        image: float32 in [0, 1], any shape.
        sigma: on the 0–255 scale.
        rng: generator of the noise.
    """
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    noise *= sigma / 255
    noise += image
    return noise


def as_eight_bits(noisy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Clip a noisy image to [0, 1] and round it to 8 bits, as a file stores it.

    Clipping makes dark pixels brighter and bright ones darker on average: the noise is no longer white, and
    its mean is no longer zero.

    >>> as_eight_bits(np.array([-0.1, 0.5, 1.2], np.float32)) * 255
    array([  0., 128., 255.], dtype=float32)
    """
    return np.rint(noisy.clip(0, 1) * 255) / np.float32(255)


def evaluation_noise(shape: tuple[int, ...], sigma: float, name: str, seed: int = 0) -> NDArray[np.float32]:
    """Make the noise of one image, equal for every method: it depends on seed, name and sigma only.

    Args:
        shape: shape of the image, (H, W, C).
        sigma: on the 0–255 scale.
        name: the image's name, without folder and suffix.
        seed: seed of the noise; another seed gives other noise on every image.

    Returns:
        float32 of ``shape`` with standard deviation ``sigma / 255``, to be added to the image.

    >>> first, again = (evaluation_noise((2, 2, 1), sigma, "lena") for sigma in (25, 25.0))
    >>> bool((first == again).all())
    True
    """
    digest = hashlib.sha256(f"{seed}|{float(sigma)!r}|{name}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest))
    return add_noise(np.zeros(shape, dtype=np.float32), sigma, rng)


def noisy_image(
    image: NDArray[np.float32], sigma: float, name: str, seed: int = 0, *, clip_noise: bool = False
) -> NDArray[np.float32]:
    """Add its `evaluation_noise` to an image (H, W, C) in [0, 1]; ``clip_noise`` applies `as_eight_bits`."""
    noisy = image + evaluation_noise(image.shape, sigma, name, seed)
    return as_eight_bits(noisy) if clip_noise else noisy
