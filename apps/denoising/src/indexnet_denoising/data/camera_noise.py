"""The noise of photographs as files hold it: a sensor's noise, shaped by all that a camera does to an image.

A training sample starts from a photograph's patch, blurred as by a lens. Its colours are taken back to the
sensor's linear light; shot and read noise are added there, and both versions, with and without noise, are
developed again: demosaicing, white balance, colour matrix and tone curve. What is noise by then is changed as
cameras change it: chroma amplified or blurred, the brightness blurred, even areas smoothed. Both versions are
sharpened and resized by the same factors; the noisy one is compressed as JPEG. The first part is the idea of
Brooks et al., "Unprocessing images for learned raw denoising", CVPR 2019.

Since the clean version goes the same way without noise and without JPEG, a denoiser trained on the pairs
neither sharpens nor changes colours.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.data.camera.bayer import DEMOSAICS, demosaic, mosaic
from indexnet_denoising.data.camera.development import develop, draw_development, undevelop
from indexnet_denoising.data.camera.filters import blur, denoise_even_areas, shape_chroma
from indexnet_denoising.data.camera.finish import SMALLEST_SCALE, draw_finish, finish, side_before
from indexnet_denoising.data.camera.sensor import add_sensor_noise, draw_sensor_noise
from indexnet_denoising.data.noise_models import HeldOut, Pair
from indexnet_engine.errors import UserError

__all__ = ["CameraNoise", "photograph", "shape_noise"]

CLEAN_SHARE = 0.12
"""Share of the samples without sensor noise, so that clean photographs stay as they are."""

MAX_BLUR = 0.9
"""Blur of a lens in pixels at most; photographs that were scaled down are sharper than what sensors see."""

HELD_OUT_DRAWS = 4
"""Pairs of each held-out image."""


@dataclass(frozen=True)
class CameraNoise:
    """Draws pairs of a noisy and a clean photograph of one scene; see the module.

    Args:
        clean_share: probability of a pair without sensor noise.
    """

    clean_share: float = CLEAN_SHARE
    channels: ClassVar[tuple[int, ...]] = (3,)

    def source_size(self, size: int) -> int:
        """Side of the patch of which a pair of this size is made: even, and large enough to be resized."""
        return side_before(size, SMALLEST_SCALE)

    def pair(self, patch: NDArray[np.float32], size: int, rng: np.random.Generator) -> Pair:
        """Photograph a scene with and without noise.

        Args:
            patch: clean colours (3, S, S) in [0, 1]; S is the `source_size` of ``size``.
            size: side of the pair in pixels.
            rng: generator of everything that is drawn.

        Returns:
            noisy and clean, (3, size, size) in [0, 1]; noisy has the values of 8 bits.
        """
        with_noise = rng.random() >= self.clean_share
        settings = draw_finish(rng, noisy=with_noise)
        needed = min(patch.shape[-1], side_before(size, settings.scale))
        clean = noisy = patch[:, :needed, :needed]
        if with_noise:
            noisy, clean = photograph(clean, rng)
            noisy = clean + shape_noise(noisy - clean, clean, rng)
        return finish(noisy, clean, settings, size, rng)

    def held_out(self, images: Mapping[str, NDArray[np.float32]]) -> HeldOut:
        """Photograph the middle of each image four times, always with the same noise.

        The pairs have sides of at most 256 pixels.

        Raises:
            UserError: an image is smaller than the source of a pair of side 8.
        """
        pairs = {}
        for name, image in images.items():
            size = 256
            while (source := self.source_size(size)) > min(image.shape[:2]):
                size -= 4
                if size < 8:
                    raise UserError(f"{name}: camera noise needs held-out images of at least {source} pixels")
            top, left = ((side - source) // 2 for side in image.shape[:2])
            middle = image[top : top + source, left : left + source].transpose(2, 0, 1)
            for draw in range(HELD_OUT_DRAWS):
                digest = hashlib.sha256(f"{draw}|{name}".encode()).digest()
                pair = self.pair(middle, size, np.random.default_rng(int.from_bytes(digest)))
                pairs[f"{name}-{draw}"] = Pair(*(half.transpose(1, 2, 0) for half in pair))
        return {"camera": pairs}

    def entries(self) -> dict[str, Any]:
        """Return the kind of noise."""
        return {"noise": "camera"}


def photograph(scene: NDArray[np.float32], rng: np.random.Generator) -> Pair:
    """Take a scene with a sensor, with and without its noise, and develop both.

    Args:
        scene: (3, H, W) in [0, 1], even sides.
        rng: generator of lens, colours, noise and demosaicing.

    Returns:
        noisy and clean, (3, H, W) in [0, 1].
    """
    sharp = blur(scene, rng.uniform(0, MAX_BLUR))
    development = draw_development(rng)
    noise = draw_sensor_noise(rng)
    raw = mosaic(undevelop(sharp, development))
    both = np.stack([add_sensor_noise(raw, noise, rng), raw])
    method = DEMOSAICS[rng.integers(len(DEMOSAICS))]
    noisy, clean = develop(demosaic(both, method), development)
    return Pair(noisy, clean)


def shape_noise(
    noise: NDArray[np.float32], clean: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Change developed noise as cameras do: chroma, blur, and the smoothing of even areas.

    Args:
        noise: difference of the developed images (3, H, W).
        clean: the one without noise.
        rng: generator of the kinds and strengths.
    """
    if rng.random() < 0.6:
        noise = shape_chroma(noise, gain=rng.uniform(0.4, 1.8), sigma=rng.uniform(0, 2.5))
    if rng.random() < 0.5:
        sharp = np.float32(rng.uniform(0, 0.7))
        noise = sharp * noise + (1 - sharp) * blur(noise, rng.uniform(0.4, 1.5))
    if rng.random() < 0.3:
        noise = denoise_even_areas(noise, clean, rest=rng.uniform(0.2, 0.8))
    return noise
