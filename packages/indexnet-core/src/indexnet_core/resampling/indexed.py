"""Index networks as a resampling: indexed pooling down, indexed upsampling up (Fig. 2)."""

from torch import Tensor

from indexnet_core.functional import indexed_upsample, sum_regions
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.resampling.base import Guidance, Resampling, required_index
from indexnet_core.resampling.channel_rule import ChannelRule, check_channel_rule, fit_channels

__all__ = ["IndexedResampling"]


class IndexedResampling(Resampling):
    """IP with the encoder's index map and IU with the decoder's, both predicted by one index network.

    Args:
        network: predicts the two maps.
        channels, up_channels, pad: as in `Resampling`.
        channel_rule: how a depthwise map guides a narrower decoder feature; refused where it is None.
    """

    def __init__(
        self,
        network: IndexNetwork,
        channels: int | None,
        up_channels: int | None = None,
        *,
        pad: bool = False,
        channel_rule: ChannelRule | None = None,
    ) -> None:
        super().__init__(channels, up_channels, k=network.options.k, pad=pad)
        if channel_rule is not None:
            check_channel_rule(channel_rule, self.channels, self.up_channels)
        elif not network.holistic:
            self._require_same_width("a depthwise index map", "a channel_rule")
        self.channel_rule = None if network.holistic else channel_rule
        self.network = network

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, Tensor, Tensor | None]:
        maps = self.network(x)
        weighted = x * maps.encoder
        return sum_regions(weighted, self.k), maps.decoder, weighted if skip else None

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        index = required_index(guidance)
        if self.channel_rule is not None:
            # By the feature at hand: a modelwise network serves stages of several widths.
            index = fit_channels(index, y.shape[1], self.channel_rule)
        return indexed_upsample(y, index, self.k)
