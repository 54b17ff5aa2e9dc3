"""Image denoising with index networks (Section 5.2)."""

from indexnet_denoising.models import create_model
from indexnet_denoising.predictor import DenoisingPredictor, load_model

Predictor = DenoisingPredictor

__version__ = "0.1.0"
__all__ = ["DenoisingPredictor", "Predictor", "create_model", "load_model"]
