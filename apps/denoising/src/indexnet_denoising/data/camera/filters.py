"""Filters that shape noise: blur, chroma, leftovers of a denoiser, sharpening, resizing."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

__all__ = ["blur", "denoise_even_areas", "resize", "shape_chroma", "sharpen"]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R 601, as in JPEG


def blur(images: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Blur by a Gaussian, with reflection at the border; ``sigma`` 0 changes nothing.

    Args:
        images: (B, H, W).
        sigma: standard deviation in pixels.
    """
    if sigma == 0:
        return images
    return gaussian_filter(images, (0, sigma, sigma), mode="mirror", truncate=2.5)


def shape_chroma(noise: NDArray[np.float32], gain: float, sigma: float) -> NDArray[np.float32]:
    """Multiply and blur the part of colour noise that does not change the brightness (luma).

    Args:
        noise: (3, H, W).
        gain: factor on the chroma.
        sigma: blur of the chroma in pixels.
    """
    luma = np.tensordot(_LUMA, noise, 1)
    return luma + np.float32(gain) * blur(noise - luma, sigma)


def denoise_even_areas(
    noise: NDArray[np.float32], clean: NDArray[np.float32], rest: float
) -> NDArray[np.float32]:
    """Reduce noise as simple denoisers do: by much on even areas, by little on edges and texture.

    Args:
        noise: (3, H, W).
        clean: the scene without noise, (3, H, W) in [0, 1].
        rest: factor in [0, 1] on the noise of even areas; it tends to 1 where the brightness changes by more
            than 0.05 from pixel to pixel.
    """
    luma = np.tensordot(_LUMA, clean, 1)
    change = np.abs(luma - blur(luma[None], 1.0)[0])
    edges = 1 - np.exp(-blur(change[None], 1.0)[0] / 0.05)
    return noise * (np.float32(rest) + np.float32(1 - rest) * edges)


def sharpen(images: NDArray[np.float32], amount: float, sigma: float) -> NDArray[np.float32]:
    """Add ``amount`` times the difference to the blurred images (unsharp mask). (B, H, W) -> (B, H, W)."""
    return images + np.float32(amount) * (images - blur(images, sigma)) if amount else images


def resize(images: NDArray[np.float32], size: tuple[int, int], mode: str) -> NDArray[np.float32]:
    """Resize with antialiasing.

    Args:
        images: (B, C, H, W).
        size: new height and width.
        mode: ``bilinear`` or ``bicubic``.
    """
    resized = F.interpolate(torch.from_numpy(images), size, mode=mode, antialias=True)
    return resized.numpy()
