"""The kinds of noise that a denoiser can be trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.data.noise import Sigma, add_noise, as_eight_bits, draw_sigma, noisy_image

__all__ = ["HeldOut", "NoiseModel", "Pair", "WhiteNoise"]


class Pair(NamedTuple):
    """A noisy image and the clean one; layout as where it is made."""

    noisy: NDArray[np.float32]
    clean: NDArray[np.float32]


HeldOut = dict[str, dict[str, Pair]]
"""Pairs (H, W, C) by condition, such as the noise level, and by name of the image."""


class NoiseModel(Protocol):
    """Makes noisy images for training and for the evaluation during training."""

    @property
    def channels(self) -> tuple[int, ...]:
        """Numbers of channels of the images that it can make noisy."""
        ...

    def source_size(self, size: int) -> int:
        """Return the side of the clean patch of which a pair of side ``size`` is made."""
        ...

    def pair(self, patch: NDArray[np.float32], size: int, rng: np.random.Generator) -> Pair:
        """Make a training sample.

        Args:
            patch: clean (C, S, S) in [0, 1], where S is the `source_size` of ``size``.
            size: side of the sample.
            rng: generator of everything that is drawn.

        Returns:
            noisy and clean, (C, size, size).
        """
        ...

    def held_out(self, images: Mapping[str, NDArray[np.float32]]) -> HeldOut:
        """Make the pairs of the evaluation, always the same, of images (H, W, C) in [0, 1] by name."""
        ...

    def entries(self) -> dict[str, Any]:
        """Return the entries of ``config.json`` that describe the noise."""
        ...


@dataclass(frozen=True)
class WhiteNoise:
    """White Gaussian noise.

    Args:
        sigma: noise level on the 0–255 scale, or the ends of a range from which it is drawn uniformly.
        clip_noise: whether noisy images are clipped and rounded as a file does (`as_eight_bits`).
        test_levels: noise levels of held-out images.
    """

    sigma: Sigma
    clip_noise: bool = False
    test_levels: tuple[float, ...] = ()
    channels: ClassVar[tuple[int, ...]] = (1, 3)

    def source_size(self, size: int) -> int:
        """Return the same size."""
        return size

    def pair(self, patch: NDArray[np.float32], size: int, rng: np.random.Generator) -> Pair:
        """Draw a level and noise; the clean image is the patch."""
        noisy = add_noise(patch, draw_sigma(self.sigma, rng), rng)
        return Pair(as_eight_bits(noisy) if self.clip_noise else noisy, patch)

    def held_out(self, images: Mapping[str, NDArray[np.float32]]) -> HeldOut:
        """Add the noise of the images' names, by level."""
        return {
            f"{sigma:g}": {
                name: Pair(noisy_image(image, sigma, name, clip_noise=self.clip_noise), image)
                for name, image in images.items()
            }
            for sigma in self.test_levels
        }

    def entries(self) -> dict[str, Any]:
        """Return level and clipping."""
        return {"sigma": self.sigma, "clip_noise": self.clip_noise}
