"""Matting: composited crops; SAD, MSE, gradient and connectivity errors."""

from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_matting import metrics
from indexnet_matting.config import TrainConfig
from indexnet_matting.data.dataset import MattingDataset
from indexnet_matting.data.open_data import load_test_set, open_training_data
from indexnet_matting.data.synthetic import synthetic_scene, synthetic_scenes
from indexnet_matting.data.trimap import trimap_from_alpha
from indexnet_matting.models import create_model
from indexnet_matting.training.task import MattingTask
from tools.bench.apps.pipelines.base import Measures, Opened, Pipeline, Source

__all__ = ["PIPELINE", "STAGES", "scene"]

STAGES = {
    "randomness.sample_rng": "generator",
    "crop.draw_sample": "crop and trimap",
    "augment.resize_and_flip": "resize and flip",
    "backgrounds.draw": "background",
    "crop.composite": "composite",
    "dataset._planes": "to tensors",
}


def scene(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
    """A builtin scene of any size: image, alpha and trimap."""
    drawn = synthetic_scene(next(iter(synthetic_scenes())))
    image, alpha = (
        cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)
        for part in (drawn.image, drawn.alpha)
    )
    radius = max(height, width) // 100
    return image, alpha, trimap_from_alpha(alpha, radius, radius)


def _open(source: Source) -> Opened:
    config = TrainConfig()
    options = config.data
    data = open_training_data(
        source.data,
        cache_dir=source.cache,
        crops=options.crops,
        size=options.size,
        repeats=options.repeats,
        background_scale=options.background_scale,
    )
    return Opened(data, partial(_task, config, data), config.loop, config.optim)


def _task(config: TrainConfig, data: MattingDataset) -> MattingTask:
    model = create_model(**config.model.arguments())
    return MattingTask(model, data, load_test_set("builtin"))


def _measures(height: int, width: int) -> Measures:
    _, alpha, trimap = scene(height, width)
    estimate = (alpha + np.random.default_rng(0).normal(0, 0.1, alpha.shape)).clip(0, 1).astype(np.float32)
    names = ("sad", "mse", "gradient_error", "connectivity_error", "measure")
    return {name: partial(getattr(metrics, name), estimate, alpha, trimap) for name in names}


PIPELINE = Pipeline(_open, STAGES, _measures, sizes=((1000, 1500),))
