"""The command ``export``: write a network as a file that runs without the application."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from indexnet_core import EXPORTERS, export_onnx
from indexnet_engine.application import Application
from indexnet_engine.inference.export_check import TOLERANCE, Writer, check_export, export_network
from indexnet_engine.weights.pretrained import load_config

__all__ = ["ExportConfig", "ExportOptions", "export"]


@dataclass
class ExportConfig:
    """Network and output."""

    weights: Path
    """Folder of a run."""
    out: Path
    """File to write: NAME.onnx for ONNX, NAME.pt2 for torch.export.load."""
    tolerance: float = TOLERANCE
    """Largest accepted difference from PyTorch, relative to the largest output where that is above 1."""
    opset: int = 18
    """Version of ONNX's operators, from 17 to 21."""


class ExportOptions(Protocol):
    """A trained network, the file to write, and the tolerance of its check."""

    @property
    def weights(self) -> Path | None:
        """Folder of trained weights, or the name of a network of the package."""

    @property
    def out(self) -> Path:
        """File to write: NAME.onnx or NAME.pt2."""

    @property
    def tolerance(self) -> float:
        """Largest difference from PyTorch that is accepted, see `export_network`."""

    @property
    def opset(self) -> int:
        """Version of ONNX's operators, see `indexnet_core.export_onnx`."""


def export(application: Application[Any], config: ExportOptions) -> None:
    """Write a network with all metadata for prediction; the file appears only if its results agree.

    Raises:
        SpecError: the opset is out of range.
        UserError: the file exists or has another suffix, the weights cannot be loaded, a package is missing,
            or the results differ.
    """
    check_export(config.out, EXPORTERS, config.tolerance)
    writers: dict[str, Writer] = {**EXPORTERS, ".onnx": partial(export_onnx, opset=config.opset)}
    predictor = application.predictor.from_pretrained(config.weights, device="cpu", precision="as-trained")
    entries = {
        **load_config(predictor.find_weights(config.weights)),
        **application.export_entries(predictor),
    }
    channels = application.channels(predictor.model)
    export_network(predictor.model, config.out, channels, entries, writers, config.tolerance)
