"""Training samples: an augmented frame as tensors."""

from typing import TypedDict

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from indexnet_depth.data.augment import AugmentConfig, augment, check_augment
from indexnet_depth.data.crop import SIZE
from indexnet_depth.data.frame import Frame, Frames
from indexnet_engine.errors import UserError, check_number
from indexnet_engine.randomness import SampleKey, sample_rng

__all__ = ["DepthDataset", "Sample", "to_sample"]


class Sample(TypedDict):
    """One training sample."""

    image: Tensor
    """(3, size, size) in [0, 1], not normalised"""
    depth: Tensor
    """(1, size, size) in metres; 0 where invalid"""


class DepthDataset(Dataset[Sample]):
    """Random views of frames; a sample is a pure function of (seed, epoch, index).

    Args:
        frames: frames from `indexnet_depth.data.open_data.open_data`.
        config: the augmentation.
        seed: seed of all random choices.
        size: side of a sample.

    Raises:
        UserError: no frames, or a number that is out of range.

    Shape:
        ``dataset[SampleKey(epoch, index)]`` -> `Sample`, float32.
    """

    def __init__(self, frames: Frames, config: AugmentConfig, seed: int = 0, *, size: int = SIZE) -> None:
        check_augment(config)
        check_number("size", size, positive=True)
        if not frames.names:
            raise UserError("the training data hold no frames")
        self.frames = frames
        self.config = config
        self.seed = seed
        self.size = size

    def __len__(self) -> int:
        return len(self.frames.names)

    def __getitem__(self, key: SampleKey) -> Sample:
        frame = self.frames.read(key.index)
        return to_sample(augment(frame, self.config, self.size, sample_rng(self.seed, key)))


def to_sample(frame: Frame) -> Sample:
    """Turn a frame into tensors: image (3, H, W), depth (1, H, W)."""
    return {
        "image": torch.from_numpy(np.ascontiguousarray(frame.image.transpose(2, 0, 1))),
        "depth": torch.from_numpy(np.ascontiguousarray(frame.depth[None])),
    }
