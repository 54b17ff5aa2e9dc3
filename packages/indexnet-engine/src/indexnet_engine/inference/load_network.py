"""Where prediction takes its network from: trained weights, or an exported file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.inference.device import pick_device
from indexnet_engine.inference.onnx_network import OnnxNetwork, load_onnx
from indexnet_engine.weights.pretrained import CONFIG_FILE, load_config

__all__ = ["Precision", "Source", "entries_of", "load_network", "require_network"]

Precision = Literal["as-trained", "32", "bf16"]


class Source(Protocol):
    """The options of the commands that predict."""

    weights: Path | None
    onnx: Path | None
    device: str
    precision: Precision


def load_network(
    source: Source, task: str, load: Callable[[Any, str], nn.Module], optimize: Callable[..., nn.Module]
) -> nn.Module:
    """Load the network that the options name, ready for use.

    Args:
        source: the options.
        task: what an exported network must be for.
        load: loads trained weights onto a device.
        optimize: makes a trained network ready for a precision (`indexnet_core.optimize_for_inference`).

    Raises:
        UserError: the options contradict each other, or what they name cannot be loaded.
    """
    if source.onnx is None:
        model = load(source.weights, pick_device(source.device))
        return model if source.precision == "as-trained" else optimize(model, precision=source.precision)
    if source.weights is not None:
        raise UserError("--weights and --onnx both name the network; leave one out")
    if source.precision != "32":
        raise UserError(f"{source.onnx}: --precision {source.precision} is for --weights, not for --onnx")
    return load_onnx(source.onnx, task, source.device)


def require_network(source: Source) -> None:
    """Refuse options that name no network.

    Raises:
        UserError: there are neither weights nor an exported file.
    """
    if source.weights is None and source.onnx is None:
        raise UserError("missing --weights: the folder of a run (or --onnx: a file that export has written)")


def entries_of(source: Source, model: nn.Module) -> tuple[Mapping[str, Any], Path]:
    """Give what ``config.json`` says of a network, and the file that says it, to be named in errors.

    Raises:
        UserError: the file cannot be read.
    """
    if isinstance(model, OnnxNetwork) and source.onnx is not None:
        return model.entries, source.onnx
    if source.weights is None:
        raise ValueError("a network of no source")
    return load_config(source.weights), source.weights / CONFIG_FILE
