"""Semantic segmentation with index networks (Section 5.3)."""

from indexnet_segmentation.models import create_model
from indexnet_segmentation.predictor import class_probabilities, load_model, load_segmenter

__version__ = "0.1.0"
__all__ = ["class_probabilities", "create_model", "load_model", "load_segmenter"]
