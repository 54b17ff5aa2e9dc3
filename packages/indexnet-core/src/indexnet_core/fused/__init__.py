"""Normalisation and indexed pooling or upsampling as one operation, without index maps in memory."""

from indexnet_core.fused.operators import pool_by_logits, upsample_by_logits

__all__ = ["pool_by_logits", "upsample_by_logits"]
