"""Semantic segmentation with index networks (Section 5.3)."""

from indexnet_segmentation.models import create_model
from indexnet_segmentation.predictor import SegmentationPredictor, load_model

Predictor = SegmentationPredictor

__version__ = "0.1.0"
__all__ = ["Predictor", "SegmentationPredictor", "create_model", "load_model"]
