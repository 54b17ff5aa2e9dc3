"""Training samples: a noisy patch and the clean one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from indexnet_denoising.data.augment import dihedral
from indexnet_denoising.data.crops import Crops
from indexnet_denoising.data.flatness import flattest
from indexnet_denoising.data.noise_models import NoiseModel
from indexnet_denoising.data.patches import open_patches
from indexnet_denoising.data.tones import vary_tones
from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey, sample_rng

__all__ = ["CropDataset", "NoisyPatches", "PatchDataset"]


class NoisyPatches(Dataset[tuple[Tensor, Tensor]], ABC):
    """Patches with a random flip or rotation and fresh noise each epoch.

    A sample is a pure function of (seed, epoch, index). From the sample's own generator are drawn, in this
    order: whatever chooses the patch, orientation, tones, noise.

    Args:
        noise: makes the noisy patch.
        size: side of the samples in pixels.
        seed: seed of all random choices.
        tone_share: share of the patches whose contrast and brightness are drawn, and half of which are
            inverted (`vary_tones`).

    Shape:
        ``dataset[SampleKey(epoch, index)]`` -> noisy, clean: float32 (C, size, size), clean in [0, 1].
    """

    def __init__(self, noise: NoiseModel, size: int, seed: int = 0, *, tone_share: float = 0) -> None:
        self.noise = noise
        self.size = size
        self.seed = seed
        self.tone_share = tone_share

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def patch(self, index: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Choose a clean patch (S, S, C), where S is the noise's source size."""

    def __getitem__(self, key: SampleKey) -> tuple[Tensor, Tensor]:
        rng = sample_rng(self.seed, key)
        patch = self.patch(key.index, rng)
        patch = dihedral(patch, int(rng.integers(8)))
        clean = np.divide(np.ascontiguousarray(patch.transpose(2, 0, 1)), 255, dtype=np.float32)
        if self.tone_share == 1 or (self.tone_share > 0 and rng.random() < self.tone_share):
            clean = vary_tones(clean, rng)
        noisy, clean = self.noise.pair(clean, self.size, rng)
        return torch.from_numpy(noisy), torch.from_numpy(clean)


class PatchDataset(NoisyPatches):
    """The patches of a file, each once in every epoch.

    The patches are mapped from the file, not read into memory, so worker processes share them; pickling
    stores the path and the indices of the flat patches.

    Args:
        path: file made by `indexnet_denoising.data.patches.patch_file`; its patches have the noise's source
            size.
        noise, size, seed, tone_share: as in `NoisyPatches`.
        in_memory: read the patches once and keep them (BSD400 in gray: 380 MB); for slow disks.
        flat_share: probability in [0, 1] that one of the `flattest` patches takes the place of a patch.

    Raises:
        UserError: the file is missing or damaged.
    """

    def __init__(
        self,
        path: str | Path,
        noise: NoiseModel,
        size: int,
        seed: int = 0,
        *,
        tone_share: float = 0,
        in_memory: bool = False,
        flat_share: float = 0,
    ):
        super().__init__(noise, size, seed, tone_share=tone_share)
        self.path = Path(path)
        self.in_memory = in_memory
        self.flat_share = flat_share
        self._patches: NDArray[np.uint8] | None = None
        with open_patches(self.path) as file:
            self._length = len(file["patches"])
            self._fingerprint = file.attrs["fingerprint"]
        self._flat = flattest(self.patches) if flat_share > 0 else None

    def __len__(self) -> int:
        return self._length

    def patch(self, index: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return the indexed patch, or a flat one that is drawn instead."""
        if self._flat is not None and rng.random() < self.flat_share:
            index = self._flat[rng.integers(len(self._flat))]
        return self.patches[index]

    @property
    def patches(self) -> NDArray[np.uint8]:
        """Return all patches, uint8 (N, size, size, C), read-only."""
        if self._patches is None:
            self._patches = self._load()
        return self._patches

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_patches": None}

    def _load(self) -> NDArray[np.uint8]:
        with open_patches(self.path) as file:
            if file.attrs["fingerprint"] != self._fingerprint:
                raise UserError(f"{self.path}: was replaced while in use; start again")
            stored = file["patches"]
            if self.in_memory:
                return stored[:]
            shape, offset = stored.shape, stored.id.get_offset()
        mapped = np.memmap(self.path, dtype=np.uint8, mode="r", offset=offset, shape=shape)
        return mapped.view(np.ndarray)  # a plain array is quicker to index


class CropDataset(NoisyPatches):
    """Patches at random places of images in memory.

    Args:
        images: uint8 (H, W, C), none smaller than the noise's source size.
        noise, size, seed, tone_share: as in `NoisyPatches`.
    """

    def __init__(
        self,
        images: Sequence[NDArray[np.uint8]],
        noise: NoiseModel,
        size: int,
        seed: int = 0,
        *,
        tone_share: float = 0,
    ) -> None:
        super().__init__(noise, size, seed, tone_share=tone_share)
        self._crops = Crops(images, noise.source_size(size))

    def __len__(self) -> int:
        return len(self._crops)

    def patch(self, index: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Cut a patch anywhere in the image of the index."""
        return self._crops.cut(index, rng)
