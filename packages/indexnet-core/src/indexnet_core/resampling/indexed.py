"""Index networks as a resampling: indexed pooling down, indexed upsampling up (Fig. 2)."""

from torch import Tensor

from indexnet_core.functional import indexed_upsample, sum_regions
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.resampling.base import Guidance, Resampling, required_index

__all__ = ["IndexedResampling"]


class IndexedResampling(Resampling):
    """IP with the encoder's index map and IU with the decoder's, both predicted by one index network."""

    def __init__(
        self,
        network: IndexNetwork,
        channels: int | None,
        up_channels: int | None = None,
        *,
        pad: bool = False,
    ) -> None:
        super().__init__(channels, up_channels, k=network.options.k, pad=pad)
        if not network.holistic:
            self._require_same_width("a depthwise index map")
        self.network = network

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, Tensor, Tensor | None]:
        maps = self.network(x)
        weighted = x * maps.encoder
        return sum_regions(weighted, self.k), maps.decoder, weighted if skip else None

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        return indexed_upsample(y, required_index(guidance), self.k)
