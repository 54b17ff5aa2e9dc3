"""Coupled down- and upsampling operators behind one interface."""

from indexnet_core.resampling.affinity import AffinityResampling
from indexnet_core.resampling.base import Guidance, Resampling, required_index
from indexnet_core.resampling.channel_rule import ChannelRule, fit_channels
from indexnet_core.resampling.coupled import COUPLED, Coupled
from indexnet_core.resampling.downs import DOWNS, Down
from indexnet_core.resampling.indexed import IndexedResampling, MultiPointResampling
from indexnet_core.resampling.max_unpool import HolisticMaxIndex, MaxUnpool
from indexnet_core.resampling.pair import PairResampling
from indexnet_core.resampling.ups import UPS, Up

__all__ = [
    "COUPLED",
    "DOWNS",
    "UPS",
    "AffinityResampling",
    "ChannelRule",
    "Coupled",
    "Down",
    "Guidance",
    "HolisticMaxIndex",
    "IndexedResampling",
    "MaxUnpool",
    "MultiPointResampling",
    "PairResampling",
    "Resampling",
    "Up",
    "fit_channels",
    "required_index",
]
