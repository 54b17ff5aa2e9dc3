"""Training samples: a crop of a foreground over a background, its trimap, and its components."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from indexnet_engine.errors import OptionError
from indexnet_engine.images.image_file import to_tensor
from indexnet_engine.images.opencv import one_thread
from indexnet_engine.randomness import SampleKey, sample_rng
from indexnet_matting.data.augment import resize_and_flip
from indexnet_matting.data.backgrounds import WHOLE, Backgrounds, BackgroundScale, Part
from indexnet_matting.data.crop import CROPS, check_crops, composite, draw_sample
from indexnet_matting.data.foregrounds import Foregrounds

__all__ = ["REPEATS", "MattingDataset", "Sample"]

REPEATS = 100
"""Samples of each foreground in an epoch; the Adobe training set also has 100 composites of each."""


class Sample(TypedDict):
    """One training sample; image = alpha · foreground + (1 − alpha) · background."""

    image: Tensor
    """(3, size, size) in [0, 1]"""
    trimap: Tensor
    """(1, size, size): 0, 128/255 or 1"""
    alpha: Tensor
    """(1, size, size) in [0, 1]"""
    foreground: Tensor
    """(3, size, size) in [0, 1]"""
    background: Tensor
    """(3, size, size) in [0, 1]"""


class MattingDataset(Dataset[Sample]):
    """Random crops of foregrounds, composited over random backgrounds as the last step.

    A sample is a pure function of (seed, epoch, index). All of it is drawn from the sample's own generator,
    in this order: side of the crop; unknown pixel at its centre; radius of the trimap; mirrored or not;
    background; the position in it; background mirrored or not. The foreground follows from the index.

    Args:
        foregrounds: foregrounds with mattes.
        backgrounds: images that they are composited over.
        seed: seed of all random choices.
        crops: sides of the crops in pixels, with equal chances; an image smaller than that gives its shorter
            side.
        size: side of a sample.
        repeats: samples of each foreground in an epoch.
        background_scale: whether a background covers the whole foreground, or only the crop.

    Raises:
        UserError: there are no images, or a number is out of range.

    Shape:
        ``dataset[SampleKey(epoch, index)]`` -> `Sample`, float32.
    """

    def __init__(
        self,
        foregrounds: Foregrounds,
        backgrounds: Backgrounds,
        seed: int = 0,
        *,
        crops: Sequence[int] = CROPS,
        size: int = 320,
        repeats: int = REPEATS,
        background_scale: BackgroundScale = "foreground",
    ) -> None:
        if repeats < 1:
            raise OptionError("repeats", f"must be at least 1, got {repeats}")
        self.foregrounds = foregrounds
        self.backgrounds = backgrounds
        self.seed = seed
        self.crops = check_crops(crops, size)
        self.size = size
        self.repeats = repeats
        self.background_scale = background_scale

    def __len__(self) -> int:
        return len(self.foregrounds) * self.repeats

    def __getitem__(self, key: SampleKey) -> Sample:
        one_thread()
        rng = sample_rng(self.seed, key)
        whole = self.foregrounds[key.index % len(self.foregrounds)]
        crop, rgba, cut = draw_sample(whole, self.crops, rng)
        foreground, alpha, trimap = resize_and_flip(rgba, cut, self.size, rng)
        height, width, _ = whole.rgba.shape
        part = Part(height, width, *crop) if self.background_scale == "foreground" else WHOLE
        background = self.backgrounds.draw(self.size, rng, part)
        return {
            "image": to_tensor(composite(foreground, alpha, background))[0],
            "trimap": to_tensor(trimap * np.float32(1 / 255))[0],
            "alpha": to_tensor(alpha)[0],
            "foreground": to_tensor(foreground)[0],
            "background": to_tensor(background)[0],
        }
