"""Training samples: random crops of labelled images."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from indexnet_engine.errors import OptionError, check_number
from indexnet_engine.models.encoder_weights import IMAGENET_MEAN
from indexnet_engine.randomness import SampleKey, sample_rng
from indexnet_segmentation.data.augment import cut, draw_place, jittered, normalise, resize
from indexnet_segmentation.data.classes import IGNORE
from indexnet_segmentation.data.labelled_images import LabelledImages

__all__ = ["CropDataset"]


class CropDataset(Dataset[tuple[Tensor, Tensor]]):
    """Random scale, random crop, random flip (Section 5.3.1).

    A sample is a pure function of (seed, epoch, index). All of it is drawn from the sample's own generator,
    in this order: scale, place (down, across), mirrored or not, and with ``jitter`` three factors of colour
    and their order. One sample of each image an epoch. Only what
    the crop needs is resized: a window of size/scale pixels, by antialiased bilinear interpolation, its label
    by the nearest pixel. Where the window is larger than the image, the image lies at a random place in it;
    the rest is ImageNet's mean without a class.

    Args:
        images: the labelled images.
        size: side of a crop in pixels; a multiple of the network's stride, 32.
        scales: smallest and largest factor by which an image is enlarged. The paper gives no range; that of
            the default is usual.
        seed: seed of all random choices.
        jitter: maximum random change of brightness, contrast and saturation, as a fraction.

    Raises:
        OptionError: size or scales are out of range.

    Shape:
        ``dataset[SampleKey(epoch, index)]`` -> image float32 (3, size, size), normalised with ImageNet's mean
        and standard deviation, and label int64 (size, size), `IGNORE` beyond the border of the image.
    """

    def __init__(
        self,
        images: LabelledImages,
        size: int = 320,
        scales: Sequence[float] = (0.5, 2.0),
        seed: int = 0,
        *,
        jitter: float = 0.0,
    ) -> None:
        check_number("size", size, positive=True)
        if len(scales) != 2 or not 0 < scales[0] <= scales[1] < float("inf"):
            raise OptionError("scales", f"are the smallest and the largest factor, got {list(scales)}")
        self.images = images
        self.size = size
        self.scales = (float(scales[0]), float(scales[1]))
        self.seed = seed
        self.jitter = jitter

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, key: SampleKey) -> tuple[Tensor, Tensor]:
        rng = sample_rng(self.seed, key)
        image, label = self.images.read(key.index)
        side = max(1, round(self.size / rng.uniform(*self.scales)))
        top, left = (draw_place(length, side, rng) for length in label.shape)
        window = np.ascontiguousarray(cut(image, top, left, side, IMAGENET_MEAN).transpose(2, 0, 1))
        classes = torch.from_numpy(cut(label, top, left, side, IGNORE))
        pixels, classes = resize(torch.from_numpy(window), classes, self.size)
        if rng.random() < 0.5:
            pixels, classes = pixels.flip(-1), classes.flip(-1)
        if self.jitter > 0:
            pixels = jittered(pixels, self.jitter, rng)
        return normalise(pixels), classes.contiguous()
