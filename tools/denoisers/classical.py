"""Denoisers without learning, as functions of a noisy image; see `tools.denoisers.methods`."""

import importlib
from types import ModuleType

import cv2
import numpy as np

from indexnet_denoising.data.noise import as_eight_bits
from indexnet_engine.errors import UserError
from tools.denoisers.inputs import Image

__all__ = ["bm3d", "non_local_means", "require_bm3d"]


def bm3d(noisy: Image, sigma: float, threads: int) -> Image:
    """Denoise by BM3D, or a colour image by CBM3D in opponent colours, with the package's own settings.

    Dabov et al. 2007; Mäkinen et al. 2020.

    Args:
        noisy: (H, W, 1 or 3).
        sigma: the true noise level on the 0–255 scale.
        threads: number of threads.

    Returns:
        (H, W, 1 or 3) in [0, 1].

    Raises:
        UserError: the package bm3d is not installed.
    """
    package = require_bm3d()
    profile = package.BM3DProfile()
    profile.num_threads = threads
    image = noisy.astype(np.float64)
    if noisy.shape[2] == 1:
        clean = package.bm3d(image[..., 0], sigma / 255, profile)[..., None]
    else:
        clean = package.bm3d_rgb(image, sigma / 255, profile)
    return clean.clip(0, 1).astype(np.float32)


def require_bm3d() -> ModuleType:
    """Import the package bm3d, which nothing installs by itself.

    Raises:
        UserError: it is not installed.
    """
    try:
        return importlib.import_module("bm3d")
    except ImportError:
        raise UserError(
            "bm3d: this package is not installed; `pip install bm3d` if its licence, for non-commercial use "
            "only, allows your use"
        ) from None


def non_local_means(noisy: Image, strength: float, colour_strength: float, threads: int) -> Image:
    """Denoise by OpenCV's non-local means, with its default windows (7, 21); Buades et al. 2005.

    Args:
        noisy: (H, W, 1 or 3); OpenCV takes 8 bits, to which it is clipped and rounded.
        strength: OpenCV's ``h``, of gray levels or brightness.
        colour_strength: OpenCV's ``hColor``, of the two colour channels; not used for a gray image.
        threads: number of threads.

    Returns:
        (H, W, 1 or 3) in [0, 1], of 8 bits.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(threads)
    try:
        pixels = np.rint(255 * as_eight_bits(noisy)).astype(np.uint8)
        if noisy.shape[2] == 1:
            clean = cv2.fastNlMeansDenoising(pixels, None, strength)[..., None]
        else:
            clean = _colour(pixels, strength, colour_strength)
    finally:
        cv2.setNumThreads(before)
    return clean.astype(np.float32) / np.float32(255)


def _colour(pixels: np.ndarray, strength: float, colour_strength: float) -> np.ndarray:
    blue_first = np.ascontiguousarray(pixels[..., ::-1])
    return cv2.fastNlMeansDenoisingColored(blue_first, None, strength, colour_strength)[..., ::-1]
