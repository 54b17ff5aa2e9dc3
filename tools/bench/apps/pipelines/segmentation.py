"""Segmentation: labelled crops; the confusion matrix and boundary measures."""

from functools import partial

import cv2
import numpy as np

from indexnet_segmentation.config import TrainConfig
from indexnet_segmentation.data.classes import SYNTHETIC
from indexnet_segmentation.data.dataset import CropDataset
from indexnet_segmentation.data.labelled_images import LabelledImages
from indexnet_segmentation.data.open_data import open_data
from indexnet_segmentation.data.synthetic import draw_scene
from indexnet_segmentation.metrics import Scores
from indexnet_segmentation.metrics.boundary import boundary_f1, boundary_iou_counts
from indexnet_segmentation.metrics.confusion import confusion_matrix
from indexnet_segmentation.models import create_model
from indexnet_segmentation.training.task import SegmentationTask
from tools.bench.apps.pipelines.base import Measures, Opened, Pipeline, Source

__all__ = ["PIPELINE"]

_STAGES = {
    "randomness.sample_rng": "generator",
    "synthetic.read": "read image and label",
    "image_file.read_image": "read image",
    "label_files.read_label": "read label",
    "augment.cut": "cut",
    "augment.resize": "resize",
    "augment.normalise": "normalise",
}


def _open(source: Source) -> Opened:
    config = TrainConfig()
    images = open_data(source.data, "train", source.meaning, source.cache)
    data = CropDataset(images, config.data.size, config.data.scales)
    return Opened(data, partial(_task, config, data, images), config.loop, config.optim)


def _task(config: TrainConfig, data: CropDataset, images: LabelledImages) -> SegmentationTask:
    return SegmentationTask(create_model(**config.model.arguments(images.classes.count)), data, images)


def _measures(height: int, width: int) -> Measures:
    drawn = draw_scene("val-00")[1]
    label = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.int64)
    # Typical errors of networks: edges that are off by a few pixels, and patches of another class.
    pred = np.roll(label, (2, 3), (0, 1))
    rng = np.random.default_rng(0)
    for top, left in rng.integers(0, (height - 16, width - 16), (40, 2)):
        pred[top : top + 16, left : left + 16] = rng.integers(SYNTHETIC.count)
    return {
        "confusion_matrix": partial(confusion_matrix, pred, label, SYNTHETIC.count),
        "boundary_iou_counts": partial(boundary_iou_counts, pred, label, SYNTHETIC.count),
        "boundary_f1": partial(boundary_f1, pred, label),
        "Scores.add": partial(Scores(SYNTHETIC).add, pred, label),
    }


PIPELINE = Pipeline(_open, _STAGES, _measures, sizes=((360, 480), (530, 730)))
