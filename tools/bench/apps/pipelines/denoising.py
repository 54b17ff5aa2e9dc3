"""Denoising: noisy patches; PSNR and SSIM."""

from functools import partial

import cv2
import numpy as np

from indexnet_denoising import metrics
from indexnet_denoising.config import TrainConfig
from indexnet_denoising.data.dataset import PatchDataset
from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.data.patches import patch_file
from indexnet_denoising.models import create_model
from indexnet_denoising.training.task import DenoisingTask
from indexnet_engine.images.sample_photos import photographs
from tools.bench.apps.pipelines.base import Measures, Opened, Pipeline, Source

__all__ = ["PIPELINE"]

_STAGES = {
    "randomness.sample_rng": "generator",
    "dataset.patches": "patch",
    "augment.dihedral": "flip and turn",
    "noise.add_noise": "noise",
}


def _open(source: Source) -> Opened:
    config = TrainConfig()
    patches = patch_file(
        source.data,
        size=config.data.patch_size,
        stride=config.data.stride,
        scales=config.data.scales,
        cache_dir=source.cache,
    )
    data = PatchDataset(patches, config.data.noise_model(), config.data.patch_size)
    return Opened(data, partial(_task, config, data), config.loop, config.optim)


def _task(config: TrainConfig, data: PatchDataset) -> DenoisingTask:
    model = create_model(**config.model.arguments())
    return DenoisingTask(model, data, load_images("builtin", "test"))


def _measures(height: int, width: int) -> Measures:
    clean = cv2.resize(photographs("test")["camera"], (width, height))[..., None]
    noise = np.random.default_rng(0).normal(0, 0.05, clean.shape)
    estimate = (clean + noise).clip(0, 1).astype(np.float32)
    names = ("psnr", "ssim", "ssim_paper", "measure")
    return {name: partial(getattr(metrics, name), clean, estimate) for name in names}


PIPELINE = Pipeline(_open, _STAGES, _measures, sizes=((321, 481),))
