"""PSNR, SSIM and spots of a denoiser on a set of images."""

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.data.noise import noisy_image
from indexnet_denoising.metrics import measure
from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_engine.progress import progress_bar
from indexnet_engine.reports.metric_tables import Measures

__all__ = ["evaluate_images"]


def evaluate_images(
    predictor: DenoisingPredictor,
    clean: dict[str, NDArray[np.float32]],
    sigma: float,
    seed: int = 0,
    *,
    clip_noise: bool = False,
) -> tuple[Measures, dict[str, NDArray[np.float32]]]:
    """Add noise to each image, denoise, and measure (prediction clipped to [0, 1]).

    Args:
        predictor: the denoiser.
        clean: images (H, W, C) in [0, 1] by name.
        sigma: noise level on the 0–255 scale.
        seed: seed of the noise.
        clip_noise: whether noisy images are clipped and rounded as a file's.

    Returns:
        Measures and denoised images, by name.
    """
    measures: Measures = {}
    denoised: dict[str, NDArray[np.float32]] = {}
    with progress_bar(len(clean), f"sigma {sigma:g}", unit="image") as bar:
        for name, image in clean.items():
            noisy = noisy_image(image, sigma, name, seed, clip_noise=clip_noise)
            denoised[name] = predictor(noisy)
            measures[name] = measure(image, denoised[name], noisy)
            bar.update()
    return measures, denoised
