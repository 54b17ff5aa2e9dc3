"""Training samples: random crops of labelled images."""

from collections.abc import Sequence

from torch import Tensor
from torch.utils.data import Dataset

from indexnet_engine.rng import SampleKey
from indexnet_segmentation.data.source import LabelledImages

__all__ = ["CropDataset"]


class CropDataset(Dataset[tuple[Tensor, Tensor]]):
    """Random scale, random crop, random flip (Section 5.3.1).

    A sample is a pure function of (seed, epoch, index). One sample of each image an epoch.

    Args:
        images: what crops are taken from.
        size: side of a crop in pixels; a multiple of the network's stride, 32.
        scales: smallest and largest factor by which an image is enlarged.
        seed: of all random choices.

    Shape:
        ``dataset[SampleKey(epoch, index)]`` -> image float32 (3, size, size), normalised with ImageNet's mean
        and standard deviation, and label int64 (size, size), `IGNORE` beyond the border of the image.
    """

    def __init__(
        self, images: LabelledImages, size: int = 320, scales: Sequence[float] = (0.5, 2.0), seed: int = 0
    ) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, key: SampleKey) -> tuple[Tensor, Tensor]:
        raise NotImplementedError
