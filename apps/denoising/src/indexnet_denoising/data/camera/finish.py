"""The last steps of a camera: sharpening, resizing, JPEG and 8 bits."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.data.camera.filters import resize, sharpen
from indexnet_denoising.data.noise_models import Pair
from indexnet_engine.images.jpeg import compress_as_jpeg

__all__ = ["SMALLEST_SCALE", "Finish", "draw_finish", "finish", "side_before"]

Interpolation: TypeAlias = Literal["bilinear", "bicubic"]
Subsampling: TypeAlias = Literal["4:4:4", "4:2:2", "4:2:0"]

SMALLEST_SCALE = 0.6
"""Factor by which an image is resized at most."""

_BORDER = 12  # pixels cut off at least, where filters saw reflections; also room to shift the grid of JPEG


@dataclass(frozen=True)
class Finish:
    """Settings of the last steps of a camera.

    Attributes:
        scale: factor on its size, 1 if it is not resized.
        mode: interpolation.
        sharpening: amount of the unsharp mask.
        radius: its blur in pixels.
        quality: of JPEG, None for a file without loss.
        subsampling: resolution of the colours in JPEG.
    """

    scale: float
    mode: Interpolation
    sharpening: float
    radius: float
    quality: int | None
    subsampling: Subsampling


def draw_finish(rng: np.random.Generator, *, noisy: bool = True) -> Finish:
    """Draw a finish.

    Args:
        rng: its generator.
        noisy: whether the image has noise; one without is neither sharpened nor resized, and compressed
            rarely and only weakly.
    """
    resized, sharpened, compressed = rng.random(3) < ((0.5, 0.3, 0.75) if noisy else (0, 0, 0.3))
    # More of the high qualities, which cameras use.
    quality = 100 - round((50 if noisy else 5) * rng.random() ** 1.5)
    return Finish(
        scale=rng.uniform(SMALLEST_SCALE, 1.3) if resized else 1.0,
        mode=get_args(Interpolation)[rng.integers(2)],
        sharpening=rng.uniform(0, 1) if sharpened else 0.0,
        radius=rng.uniform(0.5, 1.5),
        quality=quality if compressed else None,
        subsampling=get_args(Subsampling)[rng.integers(3)],
    )


def side_before(size: int, scale: float) -> int:
    """Side of an image before it is resized by a factor and cut to a size: even, as a mosaic must be."""
    return 2 * round((size + _BORDER) / scale / 2)


def finish(
    noisy: NDArray[np.float32],
    clean: NDArray[np.float32],
    settings: Finish,
    size: int,
    rng: np.random.Generator,
) -> Pair:
    """Sharpen and resize both images, round and compress the noisy one, and cut both.

    Args:
        noisy, clean: (3, H, W).
        settings: the finish.
        size: side of the results; H and W are larger by a border after resizing.
        rng: generator of the place that is cut out, so that the blocks of JPEG lie anywhere.

    Returns:
        noisy and clean, (3, size, size) in [0, 1].
    """
    both = np.stack([noisy, clean])
    if settings.scale != 1:
        new = (round(both.shape[2] * settings.scale), round(both.shape[3] * settings.scale))
        both = resize(both, new, settings.mode)
    if settings.sharpening:
        both = sharpen(both.reshape(-1, *both.shape[2:]), settings.sharpening, settings.radius).reshape(
            both.shape
        )
    noisy, clean = both.clip(0, 1)
    pixels = np.rint(255 * noisy).astype(np.uint8).transpose(1, 2, 0)
    if settings.quality is not None:
        pixels = compress_as_jpeg(pixels, settings.quality, settings.subsampling)
    top, left = (rng.integers(side - size + 1) for side in clean.shape[1:])
    cut = np.s_[top : top + size, left : left + size]
    noisy = np.divide(pixels[cut].transpose(2, 0, 1), 255, dtype=np.float32)
    return Pair(np.ascontiguousarray(noisy), np.ascontiguousarray(clean[:, *cut]))
