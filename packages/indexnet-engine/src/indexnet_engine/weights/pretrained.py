"""Trained weights: a folder with ``model.safetensors`` and ``config.json``."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from indexnet_engine.errors import UserError, shortened
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors, write_json

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
FORMAT = 1
_EXPECTED = f"expected a folder with {WEIGHTS_FILE} and {CONFIG_FILE}"


def save_pretrained(
    model: nn.Module, folder: str | Path, config: Mapping[str, Any], *, dtype: torch.dtype | None = None
) -> None:
    """Write a model's weights, and the configuration that builds it again.

    Args:
        model: Its attribute ``config``, if any, is a dict of JSON types that describes how to build it; it
            becomes the entry ``model`` unless ``config`` has one.
        folder: Created if missing; each of the two files is replaced atomically.
        config: Further entries of ``config.json``: ``task`` and those of the application.
        dtype: Type of floating-point tensors in the file; ``torch.float16`` halves its size.

    Raises:
        UserError: A value does not fit into ``dtype``, or the files cannot be written.
    """
    folder = Path(folder)
    make_folder(folder)
    tensors = {name: _contiguous(name, tensor, dtype) for name, tensor in model.state_dict().items()}
    path = folder / WEIGHTS_FILE
    with naming_write_errors(path, SafetensorError), atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata={"format": "pt"})
    built_from = {"model": getattr(model, "config", {})}
    write_json(folder / CONFIG_FILE, {"format": FORMAT, **built_from, **config})


def load_config(folder: str | Path) -> dict[str, Any]:
    """Read ``config.json`` of a folder written by `save_pretrained`.

    Raises:
        UserError: The folder or the file is missing, or the file is not such a configuration.
    """
    path = Path(folder) / CONFIG_FILE
    if not Path(folder).exists():
        raise UserError(f"{folder}: no such folder; {_EXPECTED}")
    if not path.is_file():
        raise UserError(f"{folder}: no {CONFIG_FILE} there; {_EXPECTED}")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error})") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    check_entries(config, path)
    return dict(config)


def check_entries(config: object, source: str | Path) -> None:
    """Refuse entries that are not from a ``config.json`` of this version.

    Raises:
        UserError: the entries are invalid; the message names ``source``.
    """
    if not isinstance(config, dict) or not isinstance(config.get("model"), dict):
        raise UserError(f"{source}: no entry 'model' that describes a model")
    if config.get("format") != FORMAT:
        raise UserError(f"{source}: format {config.get('format')}, this version reads format {FORMAT}")


def from_pretrained(
    folder: str | Path, create: Callable[[dict[str, Any]], nn.Module], *, task: str | None = None
) -> nn.Module:
    """Build the model that a folder describes and load its weights, on the CPU and in evaluation mode.

    Args:
        folder: Written by `save_pretrained`.
        create: Builds the model from the entry ``model`` of ``config.json``.
        task: The task of the weights must be this one, if ``config.json`` names it.

    Returns:
        The model; float16 files become float32 parameters.

    Raises:
        UserError: A file is missing or damaged, the weights are for another task, no model can be built from
            the entry ``model``, or the weights are not finite or do not fit the model exactly.
    """
    config = load_config(folder)
    if task is not None and config.get("task", task) != task:
        raise UserError(f"{folder}: weights for {config['task']}, not for {task}")
    path = Path(folder) / WEIGHTS_FILE
    if not path.is_file():
        raise UserError(f"{folder}: no {WEIGHTS_FILE} there; {_EXPECTED}")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: damaged, or not a safetensors file ({error})") from error
    if broken := [name for name, tensor in tensors.items() if not tensor.isfinite().all()]:
        raise UserError(f"{path}: values that are not finite in {shortened(broken)}")
    try:
        model = create(config["model"])
    except (ValueError, TypeError, RuntimeError) as error:  # a wrong argument may raise any of these
        raise UserError(f"{path.with_name(CONFIG_FILE)}: no model can be built from it: {error}") from error
    load_strictly(model, tensors, path)
    return model.eval()


def load_strictly(model: nn.Module, tensors: Mapping[str, Tensor], source: str | Path) -> None:
    """Load a state dict that must fit exactly; values are converted to the model's own types.

    Raises:
        UserError: A tensor is missing, unexpected or of another shape; the message names ``source`` and the
            tensors.
    """
    own = model.state_dict()
    complaints = []
    if missing := [name for name in own if name not in tensors]:
        complaints.append(f"missing {shortened(missing)}")
    if unexpected := [name for name in tensors if name not in own]:
        complaints.append(f"unexpected {shortened(unexpected)}")
    if wrong := [
        f"{name} {tuple(tensors[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in own.items()
        if name in tensors and tensors[name].shape != tensor.shape
    ]:
        complaints.append(f"of another shape {shortened(wrong)}")
    if complaints:
        raise UserError(f"{source}: the weights do not fit the model: {'; '.join(complaints)}")
    model.load_state_dict(dict(tensors))


def _contiguous(name: str, tensor: Tensor, dtype: torch.dtype | None) -> Tensor:
    """Copy a tensor to the CPU, contiguous and unshared, as safetensors requires."""
    copy = tensor.detach().to("cpu", copy=True).contiguous()
    if dtype is None or not copy.is_floating_point():
        return copy
    converted = copy.to(dtype)
    if not torch.equal(converted.isfinite(), copy.isfinite()):
        raise UserError(f"{name}: a value of {copy.abs().max():.3g} does not fit into {dtype}")
    return converted
