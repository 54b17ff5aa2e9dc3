"""PSNR and SSIM with the conventions of Table 5, computed by scikit-image.

Images are in [0, 1], as arrays (H, W) or (H, W, C) or as tensors (H, W) or (C, H, W). Nothing is clipped
here: the paper clips the prediction to [0, 1] before it measures, which is left to the caller. Float values
are measured as they are, not rounded to 8 bits.
"""

from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from indexnet_engine.errors import UserError

Image: TypeAlias = NDArray | Tensor

WINDOW = 7
"""Side of the uniform SSIM window, scikit-image's default."""


def psnr(clean: Image, prediction: Image) -> float:
    """Return the peak signal-to-noise ratio in dB for a data range of 1; infinite for equal images.

    >>> f"{psnr(np.zeros((8, 8)), np.full((8, 8), 0.1)):.2f}"
    '20.00'
    """
    clean, prediction = image_pair(clean, prediction)
    with np.errstate(divide="ignore"):
        return float(peak_signal_noise_ratio(clean, prediction, data_range=1))


def ssim(clean: Image, prediction: Image) -> float:
    """Return the SSIM: uniform 7×7 window, sample covariance, data range 1, mean over channels."""
    return _ssim(clean, prediction, data_range=1)


def ssim_paper(clean: Image, prediction: Image) -> float:
    """Return the SSIM that the paper prints: `ssim` with data range 2.

    Two was scikit-image's default for all float images. It enlarges the stabilising constants fourfold, so
    that the figures are too high; provided for comparison with Table 5.
    """
    return _ssim(clean, prediction, data_range=2)


def check_measurable(name: str | Path, image: NDArray) -> None:
    """Refuse an image (H, W, ...) that is too small for SSIM, before anything is computed.

    Raises:
        UserError: a side is shorter than the window; the message begins with ``name``.
    """
    height, width = image.shape[:2]
    if min(height, width) < WINDOW:
        raise UserError(f"{name}: SSIM needs at least {WINDOW}x{WINDOW} pixels, this has {height}x{width}")


def _ssim(clean: Image, prediction: Image, data_range: float) -> float:
    clean, prediction = image_pair(clean, prediction)
    if min(clean.shape[:2]) < WINDOW:
        height, width = clean.shape[:2]
        raise UserError(f"SSIM needs images of at least {WINDOW}x{WINDOW} pixels, got {height}x{width}")
    channel_axis = -1 if clean.ndim == 3 else None
    return float(
        structural_similarity(
            clean, prediction, win_size=WINDOW, data_range=data_range, channel_axis=channel_axis
        )
    )


def image_pair(clean: Image, prediction: Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Convert two images to float64 arrays (H, W), or (H, W, C) with more than one channel.

    Raises:
        UserError: their shapes differ, or one is not an image.
    """
    first, second = _array(clean), _array(prediction)
    if first.shape != second.shape:
        raise UserError(f"images of different shape cannot be compared: {first.shape} and {second.shape}")
    return first, second


def _array(image: Image) -> NDArray[np.float64]:
    """Return an image as float64 (H, W), or (H, W, C) with more than one channel."""
    if isinstance(image, Tensor):
        array = image.detach().cpu().double().numpy()
        array = np.moveaxis(array, 0, -1) if array.ndim == 3 else array
    else:
        array = np.asarray(image, dtype=np.float64)
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3):
        raise UserError(f"expected one image, (H, W) or three axes with channels, got shape {array.shape}")
    return array
