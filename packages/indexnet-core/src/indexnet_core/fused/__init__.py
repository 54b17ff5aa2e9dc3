"""Normalisation and indexed pooling or upsampling as one operation, without index maps in memory."""

from indexnet_core.fused.operators import pool_by_logits, upsample_by_logits
from indexnet_core.fused.slices import can_fuse, can_upsample, pays, pool_slices, upsample_by_map

__all__ = [
    "can_fuse",
    "can_upsample",
    "pays",
    "pool_by_logits",
    "pool_slices",
    "upsample_by_logits",
    "upsample_by_map",
]
