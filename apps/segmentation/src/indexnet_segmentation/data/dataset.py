"""Training samples: random crops of labelled images."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from indexnet_engine.errors import OptionError
from indexnet_engine.limits import check_number
from indexnet_engine.randomness import SampleKey, sample_rng
from indexnet_segmentation.data.classes import IGNORE
from indexnet_segmentation.data.labelled_images import LabelledImages

__all__ = ["MEAN", "STD", "CropDataset", "cut", "normalise", "resize"]

ValueT = TypeVar("ValueT", bound=np.generic)

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""ImageNet's mean and standard deviation of red, green and blue, as torchvision's VGG-16-BN expects them."""


class CropDataset(Dataset[tuple[Tensor, Tensor]]):
    """Random scale, random crop, random flip (Section 5.3.1).

    A sample is a pure function of (seed, epoch, index). All of it is drawn from the sample's own generator,
    in this order: scale, place (down, across), mirrored or not. One sample of each image an epoch. Only what
    the crop needs is resized: a window of size/scale pixels, by antialiased bilinear interpolation, its label
    by the nearest pixel. Where the window is larger than the image, the image lies at a random place in it;
    the rest is ImageNet's mean without a class.

    Args:
        images: what crops are taken from.
        size: side of a crop in pixels; a multiple of the network's stride, 32.
        scales: smallest and largest factor by which an image is enlarged. The paper gives no range; that of
            the default is usual.
        seed: of all random choices.

    Raises:
        OptionError: a size or scales that make no sense.

    Shape:
        ``dataset[SampleKey(epoch, index)]`` -> image float32 (3, size, size), normalised with ImageNet's mean
        and standard deviation, and label int64 (size, size), `IGNORE` beyond the border of the image.
    """

    def __init__(
        self, images: LabelledImages, size: int = 320, scales: Sequence[float] = (0.5, 2.0), seed: int = 0
    ) -> None:
        check_number("size", size, positive=True)
        if len(scales) != 2 or not 0 < scales[0] <= scales[1] < float("inf"):
            raise OptionError("scales", f"are the smallest and the largest factor, got {list(scales)}")
        self.images = images
        self.size = size
        self.scales = (float(scales[0]), float(scales[1]))
        self.seed = seed

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, key: SampleKey) -> tuple[Tensor, Tensor]:
        rng = sample_rng(self.seed, key)
        image, label = self.images.read(key.index)
        side = max(1, round(self.size / rng.uniform(*self.scales)))
        top, left = (_place(length, side, rng) for length in label.shape)
        window = np.ascontiguousarray(cut(image, top, left, side, MEAN).transpose(2, 0, 1))
        classes = torch.from_numpy(cut(label, top, left, side, IGNORE))
        pixels, classes = resize(torch.from_numpy(window), classes, self.size)
        if rng.random() < 0.5:
            pixels, classes = pixels.flip(-1), classes.flip(-1)
        return normalise(pixels), classes.contiguous()


def normalise(image: Tensor) -> Tensor:
    """Subtract ImageNet's mean and divide by its standard deviation.

    Args:
        image: (..., 3, H, W) in [0, 1].
    """
    mean, std = (image.new_tensor(values)[:, None, None] for values in (MEAN, STD))
    return (image - mean).div_(std)


def cut(
    image: NDArray[ValueT], top: int, left: int, side: int, outside: float | tuple[float, ...]
) -> NDArray[ValueT]:
    """Cut a square out of an image (H, W, ...), whose corner may lie outside of it; a view where it does not.

    >>> cut(np.arange(6).reshape(2, 3), -1, 1, 3, 9).tolist()
    [[9, 9, 9], [1, 2, 9], [4, 5, 9]]
    """
    height, width = image.shape[:2]
    rows, columns = slice(max(top, 0), min(top + side, height)), slice(max(left, 0), min(left + side, width))
    part = image[rows, columns]
    if part.shape[:2] == (side, side):
        return part
    result = np.full((side, side, *image.shape[2:]), outside, image.dtype)
    down, right = rows.start - top, columns.start - left
    result[down : down + part.shape[0], right : right + part.shape[1]] = part
    return result


def resize(image: Tensor, label: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Resize an image (3, h, w) smoothly and its label (h, w) by the nearest pixel, to squares."""
    if label.shape == (size, size):
        return image, label
    image = F.interpolate(image[None], (size, size), mode="bilinear", antialias=True)[0]
    rows, columns = (_nearest(length, size) for length in label.shape)
    return image, label.index_select(0, rows).index_select(1, columns)


def _nearest(length: int, size: int) -> Tensor:
    """Numbers of the nearest of so many pixels for each of ``size`` new ones, int64 (size,)."""
    places = torch.arange(length, dtype=torch.float32)  # exact up to 2**24
    return F.interpolate(places[None, None], size, mode="nearest-exact")[0, 0].long()


def _place(length: int, side: int, rng: np.random.Generator) -> int:
    """Where a window begins; within the image, or else around it."""
    low, high = min(0, length - side), max(0, length - side)
    return int(rng.integers(low, high + 1))
