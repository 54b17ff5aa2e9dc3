"""Index networks: small convolutional networks that predict indices (Section 4)."""

from indexnet_core.networks.base import IndexNetwork
from indexnet_core.networks.block import BlockOptions, index_block
from indexnet_core.networks.families import FAMILIES, Holistic, ManyToOne, OneToOneShared, OneToOneUnshared
from indexnet_core.networks.family import Family
from indexnet_core.networks.index_kernels import MultiPointIndexNetwork
from indexnet_core.networks.prediction import DecoderMap, IndexMaps, IndexPrediction

__all__ = [
    "FAMILIES",
    "BlockOptions",
    "DecoderMap",
    "Family",
    "Holistic",
    "IndexMaps",
    "IndexNetwork",
    "IndexPrediction",
    "ManyToOne",
    "MultiPointIndexNetwork",
    "OneToOneShared",
    "OneToOneUnshared",
    "index_block",
]
