"""Depth: random views of frames; errors pixel by pixel and at edges."""

from functools import partial

import cv2
import numpy as np

from indexnet_depth.config import TrainConfig
from indexnet_depth.data.dataset import DepthDataset
from indexnet_depth.data.frame import Frames
from indexnet_depth.data.open_data import open_data
from indexnet_depth.metrics import edges, pixelwise, tally
from indexnet_depth.models import create_model
from indexnet_depth.training.task import DepthTask
from tools.bench.apps.pipelines.base import Measures, Opened, Pipeline, Source

__all__ = ["PIPELINE"]

_STAGES = {
    "randomness.sample_rng": "generator",
    "synthetic.read": "read image and depth",
    "hdf5.read": "read image and depth",
    "nyu_labeled_mat.read": "read image and depth",
    "depth_file.read_rgb": "read image",
    "depth_file.read_depth": "read depth",
    "crop._image": "view of the image",
    "crop._depth": "view of the depth",
    "augment._jittered": "colours",
    "dataset.to_sample": "to tensors",
}


def _open(source: Source) -> Opened:
    config = TrainConfig()
    frames = open_data(source.data, "train", source.meaning)
    data = DepthDataset(frames, config.augment, size=config.data.size)
    return Opened(data, partial(_task, config, data, frames), config.loop, config.optim)


def _task(config: TrainConfig, data: DepthDataset, frames: Frames) -> DepthTask:
    return DepthTask(create_model(**config.model.arguments()), data, frames)


def _measures(height: int, width: int) -> Measures:
    room = open_data("builtin", "val").read(0).depth
    depth = cv2.resize(room, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.float32)
    # Holes, as in the depth of real sensors.
    depth[: height // 10] = 0
    pred = cv2.GaussianBlur(depth, (0, 0), 2).astype(np.float32) * np.float32(1.05)
    prepared = pixelwise.prepare(pred, depth)
    return {
        "prepare": partial(pixelwise.prepare, pred, depth),
        "pixelwise.sums": partial(pixelwise.sums, *prepared),
        "edges.sums": partial(edges.sums, *prepared),
        "tally": partial(tally, pred, depth),
    }


PIPELINE = Pipeline(_open, _STAGES, _measures, sizes=((224, 224), (480, 640)))
