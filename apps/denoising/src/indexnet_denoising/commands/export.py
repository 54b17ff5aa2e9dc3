"""Options of the command ``export``."""

from dataclasses import dataclass
from pathlib import Path

from indexnet_engine.inference.export_check import TOLERANCE

__all__ = ["ExportConfig"]


@dataclass
class ExportConfig:
    """Network and output."""

    out: Path
    """File to write: NAME.onnx for ONNX, NAME.pt2 for torch.export.load."""
    weights: Path | None = None
    """Folder of a run, or the name of a network of the package; camera by default."""
    tolerance: float = TOLERANCE
    """Largest accepted difference from PyTorch, relative to the largest output where that is above 1."""
    opset: int = 18
    """Version of ONNX's operators, from 17 to 21."""
