"""Semantic segmentation with index networks (Section 5.3)."""

from indexnet_segmentation.models import create_model

__version__ = "0.1.0"
__all__ = ["create_model"]
