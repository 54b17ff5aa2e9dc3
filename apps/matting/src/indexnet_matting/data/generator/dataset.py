"""Unlimited training samples, drawn one by one."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from indexnet_engine.errors import OptionError
from indexnet_engine.randomness import SampleKey, sample_rng
from indexnet_matting.data.dataset import Sample
from indexnet_matting.data.generator.scene import draw_scene
from indexnet_matting.data.generator.textures import Photographs

__all__ = ["GeneratedDataset"]


class GeneratedDataset(Dataset[Sample]):
    """Scenes of the generator; a sample is a pure function of (seed, epoch, index).

    Args:
        photographs: textures and backgrounds.
        seed: seed of all random choices.
        size: side of a sample in pixels.
        length: samples of an epoch.

    Raises:
        UserError: a number is out of range.

    Shape:
        ``dataset[SampleKey(epoch, index)]`` -> `Sample`, float32.
    """

    def __init__(
        self, photographs: Photographs, seed: int = 0, *, size: int = 320, length: int = 100_000
    ) -> None:
        for name, value in (("size", size), ("length", length)):
            if value < 1:
                raise OptionError(name, f"must be at least 1, got {value}")
        self.photographs = photographs
        self.seed = seed
        self.size = size
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, key: SampleKey) -> Sample:
        scene = draw_scene(self.size, sample_rng(self.seed, key), self.photographs)
        return {
            "image": _planes(scene.image),
            "trimap": _planes(scene.trimap[..., None] * np.float32(1 / 255)),
            "alpha": _planes(scene.alpha[..., None]),
            "foreground": _planes(scene.foreground),
            "background": _planes(scene.background),
        }


def _planes(image: NDArray[np.float32]) -> Tensor:
    """(H, W, C) -> (C, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1), np.float32))
