"""The prediction of an index network for one stage."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.functional.index_functions import regions
from indexnet_core.functional.indexed import Normalization, normalize_positions
from indexnet_core.functional.multi_point import own_indices

__all__ = ["DecoderMap", "IndexMaps", "IndexPrediction"]


class IndexMaps:
    """The two index maps of a stage; ``encoder, decoder = maps`` returns both."""

    @property
    def encoder(self) -> Tensor:
        """The map that guides pooling: (B, C, kh, kw), values in (0, 1)."""
        raise NotImplementedError

    @property
    def decoder(self) -> Tensor:
        """The map that guides upsampling: (B, C, kh, kw), values in (0, 1)."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Tensor]:
        return iter((self.encoder, self.decoder))


@dataclass(frozen=True)
class DecoderMap(IndexMaps):
    """The maps of ``sigmoid+softmax`` (Table 4) for k = 2, of which pooling has written the decoder's.

    Attributes:
        written: sigmoid(z), (B, C, 2h, 2w).
    """

    written: Tensor

    @property
    def encoder(self) -> Tensor:
        """softmax(sigmoid(z)), the map that guided pooling: (B, C, 2h, 2w)."""
        return F.pixel_shuffle(regions(self.written).softmax(2).flatten(1, 2), 2)

    @property
    def decoder(self) -> Tensor:
        """sigmoid(z), the map that guides upsampling: (B, C, 2h, 2w)."""
        return self.written


@dataclass(frozen=True)
class IndexPrediction(IndexMaps):
    """Predicted indices, from which the two index maps are computed on demand.

    Pooling and upsampling read the logits or the kernels; only visualization needs the maps, which are twice
    as large as the feature. C is 1 if the network is holistic.

    Attributes:
        logits: unnormalised indices (B, k², C, h, w), the positions of a region row-major.
        normalization: how they become maps (Table 4).
        k: side of a local region.
        dtype: precision of the maps, the feature's own.
        kernels: the kernels of `multi_point_upsample` (B, C, s², h, w), of a multi-point network; None for
            the paper's single-point upsampling. The logits are then those of the encoder alone.
        columns: in exported graphs, the logits of each position (B, C, h, w) if the network predicts them in
            separate tensors; None otherwise.
    """

    logits: Tensor
    normalization: Normalization
    k: int
    dtype: torch.dtype
    kernels: Tensor | None = None
    columns: tuple[Tensor, ...] | None = None

    @property
    def positions(self) -> tuple[Tensor, ...]:
        """The logits of each of the k² positions: (B, C, h, w)."""
        return self.logits.unbind(1) if self.columns is None else self.columns

    @property
    def encoder(self) -> Tensor:
        """The map that guides pooling: (B, C, kh, kw), values in (0, 1)."""
        encoder, _ = normalize_positions(self.logits, self.normalization, self.k)
        return encoder.to(self.dtype)

    @property
    def decoder(self) -> Tensor:
        """The map that guides upsampling: (B, C, kh, kw), values in (0, 1).

        For kernels, it holds the indices that weigh a region's own value; if all others are zero, this is the
        map of single-point upsampling.
        """
        if self.kernels is None:
            _, decoder = normalize_positions(self.logits, self.normalization, self.k)
            return decoder.to(self.dtype)
        return F.pixel_shuffle(own_indices(self.kernels, self.k, dim=2).flatten(1, 2), self.k)
