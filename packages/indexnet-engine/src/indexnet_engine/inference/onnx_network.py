"""An exported network, run by onnxruntime in place of PyTorch."""

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from indexnet_engine.errors import OptionError, UserError
from indexnet_engine.weights.pretrained import CONFIG_FILE, check_entries

__all__ = ["PACKAGES", "OnnxNetwork", "load_onnx", "require_packages"]

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
"""The packages of the extra ``onnx``: writing needs all of them, running needs the last."""


class OnnxNetwork(nn.Module):
    """An exported network with the same input and output as in PyTorch, but without PyTorch weights.

    Args:
        session: an ``onnxruntime.InferenceSession`` of a graph with one input and one output.
        entries: the metadata of the file, see `indexnet_engine.inference.export_check`.

    Attributes:
        config: name and arguments of the network.
        stride: the number that must divide height and width.
        any_size: whether only tiles must be multiples of the stride.
        reach: how far the network sees in pixels, or None.
        out_channels: channels of the output.
        entries: the metadata of the file.

    Shape: (B, C, H, W) -> (B, C', H, W), float32 on the input's device
    """

    def __init__(self, session: Any, entries: dict[str, Any]) -> None:
        super().__init__()
        self.session = session
        self.entries = entries
        self.config: dict[str, Any] = entries["model"]
        self.stride: int = entries["stride"]
        self.any_size = bool(entries.get("any_size", False))
        self.reach: int | None = entries.get("reach")
        self.out_channels = int(session.get_outputs()[0].shape[1])

    def forward(self, x: Tensor) -> Tensor:
        """Run the graph.

        Raises:
            torch.OutOfMemoryError: onnxruntime cannot get the memory.
        """
        pixels = np.ascontiguousarray(x.detach().float().cpu().numpy())
        try:
            result = self.session.run(None, {self.session.get_inputs()[0].name: pixels})[0]
        except Exception as error:  # onnxruntime has no specific class for this
            if "allocat" in str(error):
                raise torch.OutOfMemoryError(str(error)) from error
            raise
        return torch.from_numpy(result).to(x.device)


def load_onnx(path: str | Path, task: str, device: str = "auto") -> OnnxNetwork:
    """Load a network that the command ``export`` has written.

    Args:
        path: the ONNX file.
        task: the task that the network must be for.
        device: ``cpu``, ``cuda``, ``cuda:1``, …, or ``auto``: CUDA where onnxruntime has it.

    Raises:
        UserError: onnxruntime is missing or does not support the device, or the file is missing, damaged, not
            written by ``export``, or for another task.
    """
    require_packages("running ONNX", "onnxruntime")
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file; expected an ONNX file that the command export has written")
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # errors of a file are reported below
    options.intra_op_num_threads = torch.get_num_threads()
    providers = _providers(runtime, device)
    try:
        session = runtime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:
        reason = str(error).strip().splitlines()[0].replace(str(path), "file") if str(error) else "no reason"
        raise UserError(f"{path}: not an ONNX file, or damaged ({reason})") from error
    return OnnxNetwork(session, _entries(path, session.get_modelmeta().custom_metadata_map, task))


def require_packages(what: str, *names: str) -> None:
    """Refuse to continue without optional packages.

    Raises:
        UserError: a package is missing; the message shows how to install it.
    """
    if missing := [name for name in names if find_spec(name) is None]:
        raise UserError(
            f'{what} needs {" and ".join(missing)}: pip install "indexnet-engine[onnx]", '
            f"or pip install {' '.join(missing)}"
        )


def _providers(runtime: Any, device: str) -> list[Any]:
    """Return the providers that onnxruntime has for a device."""
    there = runtime.get_available_providers()
    kind, _, index = device.partition(":")
    if kind == "cpu" or (kind == "auto" and "CUDAExecutionProvider" not in there):
        return ["CPUExecutionProvider"]
    if kind not in ("cuda", "auto") or (index and not index.isdigit()):
        raise OptionError("device", f"{device!r} is not for --onnx; expected cpu, cuda, cuda:1, ... or auto")
    if "CUDAExecutionProvider" not in there:
        raise OptionError(
            "device",
            f"{device!r} cannot be used: this onnxruntime has no CUDA, the package onnxruntime-gpu has",
        )
    return [("CUDAExecutionProvider", {"device_id": int(index or 0)}), "CPUExecutionProvider"]


def _entries(path: str | Path, metadata: dict[str, str], task: str) -> dict[str, Any]:
    """Read the metadata that `indexnet_engine.inference.export_check` has written."""
    try:
        entries = json.loads(metadata.get(CONFIG_FILE, ""))
    except ValueError:
        raise UserError(
            f"{path}: carries no {CONFIG_FILE}; expected a file that the command export has written"
        ) from None
    check_entries(entries, path)
    if entries.get("task") != task:
        raise UserError(f"{path}: a network for {entries.get('task')}, not for {task}")
    stride = entries.get("stride")
    if not isinstance(stride, int) or stride < 1:
        raise UserError(f"{path}: 'stride' must be a number of pixels, got {stride!r}")
    reach = entries.get("reach")
    if reach is not None and (not isinstance(reach, int) or reach < 0):
        raise UserError(f"{path}: 'reach' must be a number of pixels, got {reach!r}")
    return dict(entries)
