"""Metrics of denoised images: PSNR and SSIM."""

from indexnet_denoising.metrics.psnr_ssim import DIGITS, check_measurable, measure, psnr, ssim, ssim_paper

__all__ = ["DIGITS", "check_measurable", "measure", "psnr", "ssim", "ssim_paper"]
