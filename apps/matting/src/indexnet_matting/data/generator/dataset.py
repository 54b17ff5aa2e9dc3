"""Unlimited training samples, drawn one by one."""

import numpy as np
from torch.utils.data import Dataset

from indexnet_engine.errors import OptionError
from indexnet_engine.images.image_file import to_tensor
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
            "image": to_tensor(scene.image)[0],
            "trimap": to_tensor(scene.trimap * np.float32(1 / 255))[0],
            "alpha": to_tensor(scene.alpha)[0],
            "foreground": to_tensor(scene.foreground)[0],
            "background": to_tensor(scene.background)[0],
        }
