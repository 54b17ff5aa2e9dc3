"""Coupled down- and upsampling operators behind one interface."""

from indexnet_core.resampling.affinity import AffinityResampling
from indexnet_core.resampling.base import Guidance, Resampling
from indexnet_core.resampling.factory import create_resampling
from indexnet_core.resampling.indexed import IndexedResampling
from indexnet_core.resampling.max_unpool import HolisticMaxIndex, MaxUnpool
from indexnet_core.resampling.multi_point import MultiPointResampling
from indexnet_core.resampling.pair import PairResampling
from indexnet_core.resampling.stages import ResamplingStages

__all__ = [
    "AffinityResampling",
    "Guidance",
    "HolisticMaxIndex",
    "IndexedResampling",
    "MaxUnpool",
    "MultiPointResampling",
    "PairResampling",
    "Resampling",
    "ResamplingStages",
    "create_resampling",
]
