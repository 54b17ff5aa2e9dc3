"""Unlimited training samples, and held-out frames."""

from collections.abc import Sequence

import numpy as np
from torch.utils.data import Dataset

from indexnet_depth.data.crop import CROP, HEIGHT, SIZE
from indexnet_depth.data.dataset import Sample, to_sample
from indexnet_depth.data.frame import Frame, Split
from indexnet_depth.data.generator.lens import View, nominal_depth
from indexnet_depth.data.generator.room import draw_room
from indexnet_depth.data.generator.textures import TextureBank
from indexnet_engine.errors import check_number
from indexnet_engine.images.opencv import one_thread
from indexnet_engine.randomness import SampleKey, sample_rng

__all__ = ["COUNTS", "FRAME", "GeneratedDataset", "GeneratedFrames", "view_of"]

COUNTS: dict[Split, int] = {"train": 240, "val": 32}
"""Frames of each split where the generator is read as a data set of frames."""

FRAME = View(HEIGHT, 334, across=334 / CROP[1], down=HEIGHT / CROP[0])
"""The pixels of such a frame."""

_SEEDS: dict[Split, int] = {"train": 2**40 + 1, "val": 2**40}  # no training has such a seed


def view_of(size: int) -> View:
    """Return the pixels of FastDepth's view, squeezed to a square."""
    return View(size, size)


class GeneratedDataset(Dataset[Sample]):
    """Rooms without end, drawn at the size of the network's input.

    A sample is a pure function of (seed, epoch, index). It needs no augmentation: lens, roll, distance and
    colours differ in every room.

    Args:
        bank: the textures.
        seed: seed of all random choices.
        size: side of a sample in pixels.
        length: samples of an epoch.
        nominal: whether depth is that of the nominal lens, see `nominal_depth`.

    Raises:
        UserError: a number is out of range.

    Shape:
        ``dataset[SampleKey(epoch, index)]`` -> `Sample`, float32.
    """

    def __init__(
        self,
        bank: TextureBank,
        seed: int = 0,
        *,
        size: int = SIZE,
        length: int = 10_000,
        nominal: bool = True,
    ) -> None:
        check_number("data.size", size, positive=True)
        check_number("data.rooms", length, positive=True)
        one_thread()
        self.bank = bank
        self.seed = seed
        self.size = size
        self.length = length
        self.nominal = nominal

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, key: SampleKey) -> Sample:
        return to_sample(_drawn(view_of(self.size), sample_rng(self.seed, key), self.bank, self.nominal))


class GeneratedFrames:
    """Rooms as a data set of frames; those of the validation are never drawn in a training.

    Args:
        split: which frames.
        bank: the textures.
        nominal: whether depth is that of the nominal lens.
    """

    layout = "generated"
    unit = "metre"
    splits = True

    def __init__(self, split: Split, bank: TextureBank, nominal: bool = True) -> None:
        self.names: Sequence[str] = [f"{split}-{number:03}" for number in range(COUNTS[split])]
        self.bank = bank
        self.nominal = nominal
        self._seed = _SEEDS[split]

    def read(self, index: int) -> Frame:
        """Draw one frame."""
        return _drawn(FRAME, np.random.default_rng([self._seed, index]), self.bank, self.nominal)


def _drawn(view: View, rng: np.random.Generator, bank: TextureBank, nominal: bool) -> Frame:
    one_thread()
    frame, lens = draw_room(view, rng, bank)
    return Frame(frame.image, nominal_depth(frame.depth, lens.field_of_view)) if nominal else frame
