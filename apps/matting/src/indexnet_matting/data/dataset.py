"""Training samples: a crop of a foreground over a background, its trimap, and all that it is made of."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypedDict

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from indexnet_engine.errors import OptionError, UserError
from indexnet_engine.images.sample_photos import is_builtin
from indexnet_engine.randomness import SampleKey, sample_rng
from indexnet_matting.data.adobe import adobe_foregrounds, is_adobe, names_file
from indexnet_matting.data.augment import resize_and_flip
from indexnet_matting.data.backgrounds import (
    WHOLE,
    Backgrounds,
    BackgroundScale,
    Part,
    find_background,
    images_folder,
    open_backgrounds,
)
from indexnet_matting.data.composite import composite
from indexnet_matting.data.crop import CROPS, check_crops, draw_sample
from indexnet_matting.data.files import ForegroundFile, find_folder, read_names
from indexnet_matting.data.folder import BACKGROUNDS, folder_foregrounds
from indexnet_matting.data.foregrounds import Foregrounds, cache_foregrounds
from indexnet_matting.data.synthetic import BuiltinForegrounds

__all__ = ["MattingDataset", "Sample", "open_training_data", "training_backgrounds", "training_files"]

REPEATS = 100
"""Samples of each foreground in an epoch; the Adobe training set has 100 composites of each, too."""


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
    background; the place in it; background mirrored or not. The foreground follows from the index alone.

    Args:
        foregrounds: foregrounds with mattes.
        backgrounds: what they are laid over.
        seed: of all random choices.
        crops: sides of the crops in pixels, with equal chances; an image smaller than that gives its shorter
            side.
        size: side of a sample.
        repeats: samples of each foreground in an epoch.
        background_scale: whether a background covers the whole foreground, or the crop alone.

    Raises:
        UserError: there is nothing to draw from, or numbers that make no sense.

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
        _one_thread()
        rng = sample_rng(self.seed, key)
        whole = self.foregrounds[key.index % len(self.foregrounds)]
        crop, rgba, cut = draw_sample(whole, self.crops, rng)
        foreground, alpha, trimap = resize_and_flip(rgba, cut, self.size, rng)
        height, width, _ = whole.rgba.shape
        part = Part(height, width, *crop) if self.background_scale == "foreground" else WHOLE
        background = self.backgrounds.draw(self.size, rng, part)
        return {
            "image": _planes(composite(foreground, alpha, background)),
            "trimap": _planes(trimap[..., None] * np.float32(1 / 255)),
            "alpha": _planes(alpha[..., None]),
            "foreground": _planes(foreground),
            "background": _planes(background),
        }


def open_training_data(
    data: str | Path,
    backgrounds: str | Path | None = None,
    *,
    cache_dir: str | Path | None = None,
    seed: int = 0,
    crops: Sequence[int] = CROPS,
    size: int = 320,
    repeats: int = REPEATS,
    background_names: str | Path | None = None,
    background_scale: BackgroundScale = "foreground",
) -> MattingDataset:
    """Open training data; foregrounds are decoded into the cache the first time.

    Args:
        data: ``"builtin"``; a folder with ``fg/`` and ``alpha/``; or the Adobe data set.
        backgrounds: a folder of images, COCO or VOC, or ``"builtin"``. By default ``backgrounds/`` in the
            data folder, and the builtin photographs where there is none.
        cache_dir: see `indexnet_matting.data.foregrounds.cache_foregrounds`.
        seed: of all random choices.
        crops: sides of the crops in pixels.
        size: side of a sample in pixels.
        repeats: samples of each foreground in an epoch.
        background_names: a file that lists the backgrounds to use, one a line; by default the Adobe data
            set's own list where its first background is in the folder, and otherwise all of the folder.
        background_scale: whether a background covers the whole foreground, or the crop alone.

    Raises:
        UserError: something is missing or damaged; the message names it.
    """
    check_crops(crops, size)
    scenery = training_backgrounds(data, backgrounds)
    if background_names is not None and is_builtin(scenery):
        raise UserError(f"{background_names}: a list of backgrounds needs the folder that they are in")
    scenes = open_backgrounds(scenery, background_names or own_list(data, scenery))
    foregrounds: Foregrounds = (
        BuiltinForegrounds("train")
        if is_builtin(data)
        else cache_foregrounds(training_files(data), cache_dir)
    )
    return MattingDataset(
        foregrounds,
        scenes,
        seed,
        crops=crops,
        size=size,
        repeats=repeats,
        background_scale=background_scale,
    )


def training_files(data: str | Path) -> list[ForegroundFile]:
    """List the foregrounds of a folder, in one's own layout or that of the Adobe data set.

    Raises:
        UserError: neither of them; or a file is missing.
    """
    return adobe_foregrounds(data) if is_adobe(data) else folder_foregrounds(data)


def training_backgrounds(data: str | Path, backgrounds: str | Path | None = None) -> str | Path:
    """Decide about backgrounds: those given, those in the data folder, or the builtin photographs."""
    if backgrounds is not None:
        return backgrounds
    return "builtin" if is_builtin(data) else find_folder(data, BACKGROUNDS) or "builtin"


def own_list(data: str | Path, backgrounds: str | Path) -> Path | None:
    """Give the Adobe data set's list of backgrounds, if these are the ones that it lists."""
    if is_builtin(data) or is_builtin(backgrounds) or not is_adobe(data):
        return None
    names = names_file(data, "train", "bg")
    listed = names.is_file() and find_background(images_folder(backgrounds), read_names(names)[0])
    return names if listed else None


@cache
def _one_thread() -> None:
    """Keep OpenCV to one thread: workers are processes, and a pool of threads does not survive a fork."""
    cv2.setNumThreads(1)


def _planes(image: NDArray[np.float32]) -> Tensor:
    """(H, W, C) -> (C, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
