"""Index networks as a resampling: indexed pooling down, indexed upsampling up (Fig. 2)."""

import torch
from torch import Tensor

from indexnet_core.functional.indexed import indexed_upsample, sum_regions
from indexnet_core.functional.multi_point import multi_point_upsample
from indexnet_core.fused import can_upsample, upsample_by_logits, upsample_by_map
from indexnet_core.fused.graph import decoder_positions, graph_upsample
from indexnet_core.modes import exporting
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.networks.prediction import DecoderMap, IndexMaps, IndexPrediction
from indexnet_core.resampling.base import Guidance, Resampling, foreign_guidance, required_index
from indexnet_core.resampling.channel_rule import ChannelRule, check_channel_rule, fit_channels

__all__ = ["IndexedResampling", "MultiPointResampling"]


class _NetworkResampling(Resampling):
    """Downsampling and upsampling guided by the prediction of one index network."""

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


class IndexedResampling(_NetworkResampling):
    """IP with the encoder's index map and IU with the decoder's, both predicted by one index network.

    Args:
        network: predicts the two maps.
        channels, up_channels, pad: as in `Resampling`.
        channel_rule: how a depthwise map guides a narrower decoder feature; None refuses narrower features.
    """

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, IndexMaps, Tensor | None]:
        return self.network.pool(x, weighted=skip)

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        maps = required_index(guidance, IndexMaps)
        if isinstance(maps, DecoderMap):
            return self._up_by_map(y, maps.decoder)
        if not isinstance(maps, IndexPrediction) or maps.kernels is not None:
            raise foreign_guidance()
        if exporting():
            return self._up_in_graph(y, maps)
        if self.channel_rule is not None and maps.logits.shape[2] != y.shape[1]:
            # The width of this input: a modelwise network has stages of several widths.
            decoder = fit_channels(maps.decoder, y.shape[1], self.channel_rule)
            return indexed_upsample(y, decoder, self.k)
        return upsample_by_logits(y, maps.logits, maps.normalization, self.k)

    def _up_by_map(self, y: Tensor, decoder: Tensor) -> Tensor:
        y = y.contiguous(memory_format=torch.channels_last)
        merge = self.channel_rule if self.channel_rule in ("mean", "max") else None
        if can_upsample(y, decoder, merge):
            return upsample_by_map(y, decoder, merge)
        if self.channel_rule is not None:
            decoder = fit_channels(decoder, y.shape[1], self.channel_rule)
        return indexed_upsample(y, decoder.to(y.dtype), self.k)

    def _up_in_graph(self, y: Tensor, prediction: IndexPrediction) -> Tensor:
        indices = decoder_positions(prediction.positions, prediction.normalization)
        if self.channel_rule is not None:  # at the small size, one position at a time
            indices = [fit_channels(index, y.shape[1], self.channel_rule) for index in indices]
        return graph_upsample(y, indices, self.k)


class MultiPointResampling(_NetworkResampling):
    """IP with the encoder's index map and multi-point IU with kernels of indices (Section 5.5, point 4).

    Args:
        network: predicts the map and the kernels, a `MultiPointIndexNetwork`.
        channels, up_channels, pad: as in `Resampling`.
        channel_rule: how depthwise kernels guide a narrower decoder feature; None refuses narrower features.
    """

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, IndexPrediction, Tensor | None]:
        prediction: IndexPrediction = self.network(x)
        weighted = x * prediction.encoder
        return sum_regions(weighted, self.k), prediction, weighted if skip else None

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        kernels = required_index(guidance, IndexPrediction).kernels
        if kernels is None:
            raise foreign_guidance()
        if self.channel_rule is not None:
            kernels = fit_channels(kernels, y.shape[1], self.channel_rule)
        return multi_point_upsample(y, kernels, self.k)
