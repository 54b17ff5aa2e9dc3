"""Image matting with index networks (Section 5.1)."""

from indexnet_matting.models import create_model
from indexnet_matting.predictor import load_model, matte

__version__ = "0.1.0"
__all__ = ["create_model", "load_model", "matte"]
