"""Index networks as a resampling: indexed pooling down, indexed upsampling up (Fig. 2)."""

from torch import Tensor

from indexnet_core.errors import ShapeError
from indexnet_core.functional.indexed import indexed_upsample
from indexnet_core.fused import pool_by_logits, upsample_by_logits
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.networks.prediction import Indices
from indexnet_core.resampling.base import Guidance, Resampling
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

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, Indices, Tensor | None]:
        indices = self.network(x)
        pooled, weighted = pool_by_logits(x, indices.logits, indices.normalization, self.k, weighted=skip)
        return pooled, indices, weighted

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        indices = guidance.index
        if not isinstance(indices, Indices):
            raise ShapeError("this guidance holds no index: it comes from another operator")
        if self.channel_rule is not None and indices.logits.shape[2] != y.shape[1]:
            # By the feature at hand: a modelwise network serves stages of several widths.
            return indexed_upsample(y, fit_channels(indices.decoder, y.shape[1], self.channel_rule), self.k)
        return upsample_by_logits(y, indices.logits, indices.normalization, self.k)
