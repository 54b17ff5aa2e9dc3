"""The network as a file that runs without this package."""

from dataclasses import dataclass
from pathlib import Path

from indexnet_core import EXPORTERS
from indexnet_engine.inference.export_check import TOLERANCE, check_export, export_network
from indexnet_engine.weights.pretrained import load_config
from indexnet_matting.predictor import load_model
from indexnet_matting.tile_memory import ENTRY, bytes_per_pixel

__all__ = ["ExportConfig", "export"]


@dataclass
class ExportConfig:
    """Network and output."""

    weights: Path
    """Folder of a run, or of imported weights."""
    out: Path
    """File to write: NAME.onnx for ONNX, NAME.pt2 for torch.export.load."""
    tolerance: float = TOLERANCE
    """Largest accepted difference from PyTorch, relative to the largest output where that is above 1."""


def export(config: ExportConfig) -> None:
    """Write the network with all that prediction needs; the file appears only if it computes the same.

    Raises:
        UserError: the file exists or has another suffix, the weights cannot be loaded, a package is missing,
            or the results differ.
    """
    check_export(config.out, EXPORTERS, config.tolerance)
    model = load_model(config.weights)
    entries = load_config(config.weights) | {ENTRY: bytes_per_pixel(model)}
    export_network(model, config.out, 4, entries, EXPORTERS, config.tolerance)
