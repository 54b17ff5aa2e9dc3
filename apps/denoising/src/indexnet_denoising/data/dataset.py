"""Training samples: a noisy patch and the clean one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from indexnet_denoising.data.augment import dihedral
from indexnet_denoising.data.flatness import flattest
from indexnet_denoising.data.noise import add_noise, as_eight_bits, as_sigma, draw_sigma
from indexnet_denoising.data.patches import open_patches
from indexnet_denoising.data.tones import vary_tones
from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey, sample_rng


class PatchDataset(Dataset[tuple[Tensor, Tensor]]):
    """Patches with a random flip or rotation and fresh noise each epoch.

    A sample is a pure function of (seed, epoch, index). From the sample's own generator are drawn, in this
    order: another patch, which is flat, in place of the indexed one; orientation; tones; noise level; noise.
    The patches are mapped from the file, not read into memory, so worker processes share them; pickling
    stores the path and the indices of the flat patches.

    Args:
        path: file made by `indexnet_denoising.data.patches.patch_file`.
        sigma: noise level on the 0–255 scale, or the (low, high) range that a blind denoiser learns.
        seed: seed of all random choices.
        in_memory: read the patches once and keep them (BSD400 in gray: 380 MB); for slow disks.
        vary_tones: draw contrast and brightness, and invert half of the patches (`vary_tones`).
        flat_share: probability in [0, 1] that one of the `flattest` patches takes the place of a patch.
        clip_noise: clip and round noisy patches as a file does (`as_eight_bits`).

    Raises:
        UserError: a noise level is out of range, or the file is missing or damaged.

    Shape:
        ``dataset[SampleKey(epoch, index)]`` -> noisy, clean: float32 (C, size, size), clean in [0, 1].
    """

    def __init__(
        self,
        path: str | Path,
        sigma: float | Sequence[float],
        seed: int = 0,
        *,
        in_memory: bool = False,
        vary_tones: bool = False,
        flat_share: float = 0,
        clip_noise: bool = False,
    ):
        self.path = Path(path)
        self.sigma = as_sigma(sigma)
        self.seed = seed
        self.in_memory = in_memory
        self.vary_tones = vary_tones
        self.flat_share = flat_share
        self.clip_noise = clip_noise
        self._patches: NDArray[np.uint8] | None = None
        with open_patches(self.path) as file:
            self._length = len(file["patches"])
            self._fingerprint = file.attrs["fingerprint"]
        self._flat = flattest(self.patches) if flat_share > 0 else None

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, key: SampleKey) -> tuple[Tensor, Tensor]:
        rng = sample_rng(self.seed, key)
        index = key.index
        if self._flat is not None and rng.random() < self.flat_share:
            index = self._flat[rng.integers(len(self._flat))]
        patch = dihedral(self.patches[index], int(rng.integers(8)))
        clean = np.divide(np.ascontiguousarray(patch.transpose(2, 0, 1)), 255, dtype=np.float32)
        if self.vary_tones:
            clean = vary_tones(clean, rng)
        noisy = add_noise(clean, draw_sigma(self.sigma, rng), rng)
        if self.clip_noise:
            noisy = as_eight_bits(noisy)
        return torch.from_numpy(noisy), torch.from_numpy(clean)

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
