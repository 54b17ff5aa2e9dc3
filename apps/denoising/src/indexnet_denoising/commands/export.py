"""The network as a file that runs without this package."""

from dataclasses import dataclass
from pathlib import Path

from indexnet_core import EXPORTERS
from indexnet_denoising.predictor import find_weights, load_model, model_channels
from indexnet_engine.inference.export_check import TOLERANCE, check_export, export_network
from indexnet_engine.weights.pretrained import load_config

__all__ = ["ExportConfig", "export"]


@dataclass
class ExportConfig:
    """Network and output."""

    out: Path
    """File to write: NAME.onnx for ONNX, NAME.pt2 for torch.export.load."""
    weights: Path | None = None
    """Folder of a run, or the name of a network of the package; blind-gray by default."""
    tolerance: float = TOLERANCE
    """Largest accepted difference from PyTorch, relative to the largest output where that is above 1."""


def export(config: ExportConfig) -> None:
    """Write the network with all that prediction needs; the file appears only if it computes the same.

    Raises:
        UserError: the file exists or has another suffix, the weights cannot be loaded, a package is missing,
            or the results differ.
    """
    check_export(config.out, EXPORTERS, config.tolerance)
    model, entries = load_model(config.weights), load_config(find_weights(config.weights))
    export_network(model, config.out, model_channels(model), entries, EXPORTERS, config.tolerance)
