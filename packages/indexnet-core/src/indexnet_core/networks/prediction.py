"""What an index network predicts for one stage."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from indexnet_core.functional.indexed import IndexMaps, Normalization, normalize_positions

__all__ = ["Indices"]


@dataclass(frozen=True)
class Indices:
    """Predicted indices, from which the two maps are made when they are asked for.

    Pooling and upsampling work on the logits at once and never need the maps, which are twice as large as the
    feature; pictures do. ``encoder, decoder = indices`` gives both.

    Attributes:
        logits: (B, k², C, h, w), or (B, k², 1, h, w) when holistic; positions of a region row-major.
        normalization: how they become maps (Table 4).
        k: side of a local region.
        dtype: precision of the maps, the feature's own.
    """

    logits: Tensor
    normalization: Normalization
    k: int
    dtype: torch.dtype

    @property
    def encoder(self) -> Tensor:
        """The map that guides pooling: (B, C or 1, kh, kw), values in (0, 1)."""
        return self._maps().encoder.to(self.dtype)

    @property
    def decoder(self) -> Tensor:
        """The map that guides upsampling: (B, C or 1, kh, kw), values in (0, 1)."""
        return self._maps().decoder.to(self.dtype)

    def __iter__(self) -> Iterator[Tensor]:
        return iter((self.encoder, self.decoder))

    def _maps(self) -> IndexMaps:
        return normalize_positions(self.logits, self.normalization, self.k)
