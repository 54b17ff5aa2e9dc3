"""The registry of metrics of denoised images."""

from indexnet_denoising.metrics.psnr_ssim import Image, check_measurable, image_pair, psnr, ssim, ssim_paper
from indexnet_engine.reports.metric_tables import Metric

__all__ = ["METRICS", "check_measurable", "measure", "psnr", "ssim", "ssim_paper"]

METRICS: dict[str, Metric] = {
    "psnr": Metric(psnr, digits=2),
    "ssim": Metric(ssim),
    "ssim_paper": Metric(ssim_paper),
}
"""Name -> function of the clean image and the prediction, in the order of the tables' columns.

Both are float64 (H, W), or (H, W, C) with more than one channel; see `image_pair`."""


def measure(clean: Image, prediction: Image) -> dict[str, float]:
    """Compute all `METRICS` of one image.

    Args:
        clean: (H, W), (H, W, C) or a tensor (C, H, W) in [0, 1].
        prediction: likewise, of the same shape; clipped to [0, 1] by the caller.

    Raises:
        UserError: the shapes differ, or the image is too small for SSIM.
    """
    clean, prediction = image_pair(clean, prediction)
    return {name: metric.function(clean, prediction) for name, metric in METRICS.items()}
