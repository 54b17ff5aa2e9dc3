"""Image matting with index networks (Section 5.1)."""

from indexnet_matting.models import create_model
from indexnet_matting.predictor import MattingPredictor, load_model
from indexnet_matting.solvers import MattingSolver

Predictor = MattingPredictor

__version__ = "0.1.0"
__all__ = ["MattingPredictor", "MattingSolver", "Predictor", "create_model", "load_model"]
