"""Load a network for prediction, from trained weights or an exported file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from torch import nn

from indexnet_core import optimize_for_inference
from indexnet_engine.errors import OptionError, UserError
from indexnet_engine.inference.device import device_of, pick_device
from indexnet_engine.inference.onnx_network import OnnxNetwork, load_onnx
from indexnet_engine.tf32 import allow_tf32
from indexnet_engine.weights.packaged import PackagedNetworks
from indexnet_engine.weights.pretrained import CONFIG_FILE, from_pretrained, load_config

__all__ = [
    "NetworkOptions",
    "Precision",
    "at_precision",
    "entries_of",
    "load_network",
    "load_trained",
    "network_line",
    "require_network",
]

ModelT = TypeVar("ModelT", bound=nn.Module)

Precision = Literal["as-trained", "32", "bf16", "fp16"]


@dataclass(kw_only=True)
class NetworkOptions:
    """The options by which a command that predicts names its network."""

    weights: Path | None = None
    """Folder of a run, or the name of a network of the package; its default network if left out."""
    onnx: Path | None = None
    """Exported network (.onnx) instead of --weights; needs onnxruntime."""
    device: str = "auto"
    """cpu, cuda, or auto."""
    precision: Precision = "32"
    """Precision: 32 folds batch norm, with the same result; bf16, and fp16 on a GPU, are faster, take less
    memory and are less exact (see the README)."""
    tf32: bool | None = None
    """Whether NVIDIA GPUs may round the factors of float32 convolutions and matrix products to TF32
    (10 bits); by default PyTorch's choice: of convolutions alone."""


def load_trained(
    folder: str | Path,
    create_model: Callable[..., ModelT],
    task: str,
    device: str = "cpu",
    *,
    channels_last: bool = True,
) -> ModelT:
    """Load the trained network of an application, in evaluation mode.

    Args:
        folder: with ``model.safetensors`` and ``config.json``, such as a run's.
        create_model: builds a network from its name and keyword arguments.
        task: the task that the weights must be for.
        device: where to put the network.
        channels_last: whether its weights are stored in channels_last format.

    Raises:
        UserError: the folder does not hold the weights of a network for the task.
    """

    def create(config: dict[str, Any]) -> ModelT:
        arguments = dict(config)
        if "model" not in arguments:
            raise ValueError(f"it names no {task} model")
        return create_model(arguments.pop("model"), **arguments)

    model = from_pretrained(folder, create, task=task)
    layout = torch.channels_last if channels_last else torch.preserve_format
    return model.to(device, memory_format=layout)  # type: ignore[call-overload]


def load_network(source: NetworkOptions, task: str, load: Callable[[Any, str], nn.Module]) -> nn.Module:
    """Load the network that the options name, ready for prediction.

    Args:
        source: the options.
        task: the task that an exported network must be for.
        load: loads trained weights onto a device.

    Raises:
        UserError: the options contradict each other, or the network cannot be loaded.
    """
    allow_tf32(source.tf32)
    if source.onnx is None:
        return at_precision(load(source.weights, pick_device(source.device)), source.precision)
    if source.weights is not None:
        raise UserError("--weights and --onnx both name the network; leave one out")
    if source.precision != "32":
        raise UserError(f"{source.onnx}: --precision {source.precision} is for --weights, not for --onnx")
    return load_onnx(source.onnx, task, source.device)


def at_precision(model: nn.Module, precision: Precision) -> nn.Module:
    """Prepare a trained network for a precision; see `indexnet_core.optimize_for_inference`.

    Raises:
        OptionError: the device does not support it.
    """
    if precision == "fp16" and device_of(model).type == "cpu":
        raise OptionError("precision", "fp16 needs a GPU; use bf16 or 32 on the CPU")
    return model if precision == "as-trained" else optimize_for_inference(model, precision=precision)


def require_network(source: NetworkOptions, packaged: PackagedNetworks) -> None:
    """Refuse options that name no network where the package has none.

    Args:
        source: the options.
        packaged: the networks of the package.

    Raises:
        UserError: there are neither weights nor an exported file, nor a network of the package.
    """
    if source.weights is None and source.onnx is None and not packaged.sha256:
        raise UserError("missing --weights: the folder of a run (or --onnx: a file that export has written)")


def network_line(source: NetworkOptions, model: nn.Module, default: str) -> str:
    """Describe the network that a command has loaded, in one line.

    Args:
        source: the options.
        model: the network.
        default: name of the network that is used if the options name none.

    >>> model = nn.Identity()
    >>> model.config = {"model": "segnet", "resampling": "hin", "width": 8}
    >>> network_line(NetworkOptions(), model, "camera")
    'network: camera (segnet, hin)'
    """
    config = getattr(model, "config", {})
    words = ", ".join(str(config[key]) for key in ("model", "resampling") if key in config)
    return f"network: {source.onnx or source.weights or default}" + (f" ({words})" if words else "")


def entries_of(
    source: NetworkOptions, model: nn.Module, find_weights: Callable[[Path | None], Path]
) -> tuple[Mapping[str, Any], Path]:
    """Return the entries of a network's ``config.json``, and the file that holds them, for errors.

    Args:
        source: the options.
        model: the network that they name.
        find_weights: returns the folder of trained weights.

    Raises:
        UserError: the file cannot be read.
    """
    if isinstance(model, OnnxNetwork) and source.onnx is not None:
        return model.entries, source.onnx
    folder = find_weights(source.weights)
    return load_config(folder), folder / CONFIG_FILE
