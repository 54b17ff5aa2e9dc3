"""Image denoising with index networks (Section 5.2)."""

from indexnet_denoising.models import create_model

__version__ = "0.1.0"
__all__ = ["create_model"]
