"""Training samples: an augmented frame as tensors."""

from typing import TypedDict

from torch import Tensor
from torch.utils.data import Dataset

from indexnet_depth.data.augment import AugmentConfig
from indexnet_depth.data.frames import Frames
from indexnet_engine.rng import SampleKey

__all__ = ["DepthDataset", "Sample"]


class Sample(TypedDict):
    """One training sample."""

    image: Tensor
    """(3, size, size) in [0, 1]; no mean or standard deviation is taken out"""
    depth: Tensor
    """(1, size, size) in metres; 0 where invalid"""


class DepthDataset(Dataset[Sample]):
    """Random views of frames; a sample is a pure function of (seed, epoch, index).

    Args:
        frames: from :func:`~indexnet_depth.data.frames.open_data`.
        config: the augmentation.
        seed: of all random choices.
        size: side of a sample.

    Raises:
        UserError: no frames, or numbers that make no sense.

    Shape:
        ``dataset[SampleKey(epoch, index)]`` -> `Sample`, float32.
    """

    def __init__(self, frames: Frames, config: AugmentConfig, seed: int = 0, *, size: int = 224) -> None:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def __getitem__(self, key: SampleKey) -> Sample:
        raise NotImplementedError
