"""Monocular depth with index networks (Section 5.4)."""

from indexnet_depth.models import create_model
from indexnet_depth.predictor import estimate_depth, load_model

__version__ = "0.1.0"
__all__ = ["create_model", "estimate_depth", "load_model"]
