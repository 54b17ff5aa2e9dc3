"""Multi-point index networks as a resampling: indexed pooling down, kernels of indices up (Section 5.5)."""

from torch import Tensor

from indexnet_core.functional.indexed import sum_regions
from indexnet_core.functional.multi_point import multi_point_upsample
from indexnet_core.networks.multi_point import MultiPointIndexNetwork
from indexnet_core.resampling.base import Guidance, Resampling, required_index
from indexnet_core.resampling.channel_rule import ChannelRule, check_channel_rule, fit_channels

__all__ = ["MultiPointResampling"]


class MultiPointResampling(Resampling):
    """IP with the encoder's index map and multi-point IU with kernels of indices, by one index network.

    The guidance's index holds the kernels, (B, C, s², H/k, W/k), or (B, 1, …) if holistic.

    Args:
        network: predicts the map and the kernels.
        channels, up_channels, pad: as in `Resampling`.
        channel_rule: how depthwise kernels guide a narrower decoder feature; refused where it is None.
    """

    def __init__(
        self,
        network: MultiPointIndexNetwork,
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
        return sum_regions(weighted, self.k), maps.kernels, weighted if skip else None

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        index = required_index(guidance)
        if self.channel_rule is not None:
            index = fit_channels(index, y.shape[1], self.channel_rule)
        return multi_point_upsample(y, index, self.k)
