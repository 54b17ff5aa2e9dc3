"""Export a trained network to a file that runs without this package: ONNX, or PyTorch's own ``.pt2``.

Batch, height and width are dynamic. Index networks, pooling and upsampling are written with standard
operators: index networks in the form of `indexnet_core.fused.graph`, max unpooling as Section 3's index
function.
"""

import copy
import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from indexnet_core.deploy.optimize import InferenceNetwork, fold_batch_norm
from indexnet_core.errors import ShapeError, SpecError
from indexnet_core.functional.padding import check_divisible
from indexnet_core.modes import for_onnx

__all__ = ["EXPORTERS", "OPSETS", "export_onnx", "export_program", "export_pt2"]

INPUT, OUTPUT = "image", "prediction"
"""Names of the graph's input and output."""

OPSETS = range(17, 22)
"""Versions of ONNX's operators that can be written."""

_NEEDED = ("onnx", "onnxscript")


def export_onnx(
    model: nn.Module,
    example: Tensor,
    path: str | Path,
    *,
    stride: int | None = None,
    metadata: Mapping[str, str] | None = None,
    opset: int = 18,
) -> None:
    """Write a network as one ONNX file with the input ``image`` and the output ``prediction``.

    The graph computes the network in evaluation mode, within rounding, for every batch and for all sides that
    ``stride`` divides. It consists of standard ONNX operators and does not check sizes: pad other images
    first (`pad_to_multiple`) and crop the result (`crop_to`).

    Args:
        model: takes one image tensor; it is copied, and may be on any device and in any mode.
        example: an input image of any batch and of sides that ``stride`` divides. Only its shape and type
            matter.
        path: the file; replaced where it exists.
        stride: height and width are multiples of it; by default the network's attribute ``stride`` if that is
            a whole number, as in the applications' networks and in retrofitted ones, and 1 otherwise.
        metadata: texts stored in the file (``metadata_props``).
        opset: version of ONNX's operators, from 17 to 21.

    Shape: image (batch, C, height, width) -> prediction, float32

    Raises:
        ImportError: onnx or onnxscript is not installed; the message says how to install them.
        SpecError: the opset is out of range.
        ShapeError: the example does not fit, or the network cannot be traced for every batch and all sizes
            that ``stride`` divides; the message starts with the tracer's reason.
    """
    _check_opset(opset)
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise ImportError(
            f'writing ONNX needs {" and ".join(missing)}: pip install "indexnet-core[onnx]", '
            f"or pip install {' '.join(_NEEDED)}"
        )
    with for_onnx():
        program = export_program(model, example, stride=stride)
    with _quiet():
        onnx: Any = torch.onnx.export(
            program,
            (),
            dynamo=True,
            verbose=False,
            input_names=[INPUT],
            output_names=[OUTPUT],
            opset_version=opset,
        )
    graph = onnx.model.graph
    _name_sizes(graph)
    if opset < 18:
        _split_as_before_18(graph)
    onnx.model.metadata_props.update(metadata or {})
    onnx.save(path, external_data=False)


def export_pt2(
    model: nn.Module,
    example: Tensor,
    path: str | Path,
    *,
    stride: int | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a network as a ``.pt2`` file; ``torch.export.load(path).module()`` reads it without this package.

    Args:
        model, example, stride: as in `export_onnx`.
        path: the file, with the suffix ``.pt2``; replaced where it exists.
        metadata: texts stored in the file (``extra_files``).

    Shape: image (B, C, H, W) -> prediction; sides are at least two strides

    Raises:
        ShapeError: as in `export_onnx`.
    """
    program = export_program(model, example, stride=stride)
    torch.export.save(program, path, extra_files=dict(metadata or {}))


def export_program(model: nn.Module, example: Tensor, *, stride: int | None = None) -> ExportedProgram:
    """Trace a copy of the network on the CPU, in evaluation mode and with batch norm folded.

    Args:
        model, example, stride: as in `export_onnx`.

    Returns:
        The program of `torch.export.export`, for every batch and all sides that ``stride`` divides.

    Raises:
        ShapeError: as in `export_onnx`.

    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
    >>> program = export_program(model, torch.rand(1, 3, 16, 16))
    >>> program.module()(torch.rand(3, 3, 20, 50)).shape
    torch.Size([3, 8, 20, 50])
    """
    stride = _own_stride(model) if stride is None else stride
    if stride < 1:
        raise ShapeError(f"the stride must be at least 1, got {stride}")
    if example.ndim != 4:
        raise ShapeError(f"the example must be an image (B, C, H, W), got {tuple(example.shape)}")
    check_divisible(example.shape[-2], example.shape[-1], stride, "the example must fit the stride")
    # A runtime chooses its own layout and precision.
    plain = model.network if isinstance(model, InferenceNetwork) else model
    network = copy.deepcopy(plain).cpu().eval()
    _activate_out_of_place(network)
    network = fold_batch_norm(network).requires_grad_(False)
    network = network.to(memory_format=torch.contiguous_format)
    image = _generic(example.detach().cpu(), stride)
    batch, rows, columns = (Dim(name) for name in ("batch", "rows", "columns"))
    free = Dim.DYNAMIC
    sizes = {0: batch, 2: rows * stride, 3: columns * stride} if stride > 1 else {0: free, 2: free, 3: free}
    try:
        with torch.no_grad(), _quiet():
            program = torch.export.export(network, (image,), dynamic_shapes=(sizes,))
            # Check another, non-square size: the tracer assumes some conditions on sizes without a check.
            program.module()(image.repeat(1, 1, 2, 2)[:, :, stride:, 2 * stride :])
    except (torch._dynamo.exc.UserError, AssertionError, RuntimeError) as error:
        raise ShapeError(_explained(error, stride)) from error
    return program


def _activate_out_of_place(network: nn.Module) -> None:
    """Let activations write to maps of their own; those in place take several times as long to trace.

    Only where a convolution or a norm comes before, whose result nothing else reads, so that results stay
    the same.
    """
    for chain in [module for module in network.modules() if type(module).forward is nn.Sequential.forward]:
        for before, layer in pairwise(chain.children()):
            if isinstance(before, _ConvNd | _BatchNorm) and getattr(layer, "inplace", False) is True:
                layer.inplace = False  # type: ignore[assignment]


def _own_stride(model: nn.Module) -> int:
    """The attribute ``stride`` of the network if it is a whole number, else 1 (a tuple, for example)."""
    stride = getattr(model, "stride", 1)
    return stride if isinstance(stride, int) else 1


_SIZES = {
    "the batch": re.compile(r"size\(\)\[0\]|marked batch\b"),
    "height and width": re.compile(r"size\(\)\[[23]\]|\b(rows|columns)\b|divisible by"),
}
"""Patterns that find the dimensions that a tracer's message is about."""


def _explained(error: Exception, stride: int) -> str:
    """One line with the tracer's reason, and a remedy if the reason is about sizes."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    reason = next((line.strip(" -") for line in lines if line.startswith("  - ")), lines[0])
    about = next((name for name, pattern in _SIZES.items() if pattern.search(reason)), None)
    if about is None:
        return f"{reason.rstrip('.')}: the network cannot be traced for export"
    divided = f" that {stride} divides" if stride > 1 else ""
    wanted = "exported networks take " + ("every batch" if about == "the batch" else f"all sides{divided}")
    if fixed := re.search(r"specialized it to be a constant \((\d+)\)", reason):
        return f"the network's code fixes {about} ({fixed[1]} while it is traced); {wanted}"
    if about == "the batch":
        return f"{reason}; {wanted}"
    other = "another" if stride > 1 else "some"
    return f"{reason}; {wanted}: if this one takes only multiples of {other} number, pass that as stride"


def _generic(example: Tensor, stride: int) -> Tensor:
    """Repeat an example along dimensions of size 1, which the tracer would treat as constants."""
    batch, _, height, width = example.shape
    rows, columns = (2 if side < 2 * stride else 1 for side in (height, width))
    return example.repeat(2 if batch == 1 else 1, 1, rows, columns)


def _check_opset(opset: int) -> None:
    """Refuse a version of ONNX's operators that was not tested.

    Raises:
        SpecError: it is out of range.
    """
    if opset not in OPSETS:
        raise SpecError(f"opset must be a number from {OPSETS[0]} to {OPSETS[-1]}, got {opset}")


def _split_as_before_18(graph: Any) -> None:
    """Remove an attribute of ``Split`` that the exporter's converter leaves; equal parts are the default."""
    for node in graph:
        if node.op_type == "Split":
            node.attributes.pop("num_outputs", None)


def _name_sizes(graph: Any) -> None:
    """Name the dynamic dimensions of the input, and the equal ones of the output."""
    shape = graph.inputs[0].shape
    names = {str(shape[place]): name for place, name in ((0, "batch"), (2, "height"), (3, "width"))}
    for value in (*graph.inputs, *graph.outputs):
        for place, size in enumerate(value.shape or ()):
            if str(size) in names:
                value.shape[place] = names[str(size)]


EXPORTERS = {".onnx": export_onnx, ".pt2": export_pt2}
"""Exporters by the suffix of the file that they write."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter's messages for its own developers."""
    loggers = [logging.getLogger(name) for name in ("onnx_ir", "onnxscript", "torch.onnx", "torch.export")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)
