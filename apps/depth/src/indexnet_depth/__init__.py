"""Monocular depth with index networks (Section 5.4)."""

from indexnet_depth.models import create_model
from indexnet_depth.predictor import DepthPredictor, load_model

Predictor = DepthPredictor

__version__ = "0.1.0"
__all__ = ["DepthPredictor", "Predictor", "create_model", "load_model"]
