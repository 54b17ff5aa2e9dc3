"""The registries of metrics of denoised images."""

from indexnet_denoising.metrics.psnr_ssim import Image, check_measurable, image_pair, psnr, ssim, ssim_paper
from indexnet_denoising.metrics.spots import spots
from indexnet_engine.reports.metric_tables import Metric

__all__ = [
    "METRICS",
    "NOISE_METRICS",
    "check_measurable",
    "measure",
    "psnr",
    "spots",
    "ssim",
    "ssim_paper",
]

METRICS: dict[str, Metric] = {
    "psnr": Metric(psnr, digits=2),
    "ssim": Metric(ssim),
    "ssim_paper": Metric(ssim_paper),
}
"""Name -> function of the clean image and the prediction, in the order of the tables' columns.

Both are float64 (H, W), or (H, W, C) with more than one channel; see `image_pair`."""

NOISE_METRICS: dict[str, Metric] = {"spots": Metric(spots)}
"""Name -> function of the clean image, the noisy image and the prediction; left out where the noisy image is
not known."""


def measure(clean: Image, prediction: Image, noisy: Image | None = None) -> dict[str, float]:
    """Compute all `METRICS` of one image, and with the noisy image all `NOISE_METRICS`.

    Args:
        clean: (H, W), (H, W, C) or a tensor (C, H, W) in [0, 1].
        prediction: likewise, of the same shape; clipped to [0, 1] by the caller.
        noisy: likewise, as the denoiser got it; may exceed [0, 1].

    Raises:
        UserError: the shapes differ, or the image is too small for SSIM.
    """
    first, second = image_pair(clean, prediction)
    found = {name: metric.function(first, second) for name, metric in METRICS.items()}
    if noisy is not None:
        _, third = image_pair(clean, noisy)
        found |= {name: metric.function(first, third, second) for name, metric in NOISE_METRICS.items()}
    return found
