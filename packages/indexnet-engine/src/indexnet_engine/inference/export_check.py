"""Export a trained network to one file, which appears only after a comparison with PyTorch."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from indexnet_core import EXPORTERS
from indexnet_engine.errors import UserError, check_number
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors
from indexnet_engine.inference.device import device_of, reach_of, stride_of
from indexnet_engine.inference.memory import ENTRY, bytes_per_pixel
from indexnet_engine.inference.onnx_network import PACKAGES, load_onnx, require_packages
from indexnet_engine.progress import say
from indexnet_engine.weights.pretrained import CONFIG_FILE

__all__ = ["TOLERANCE", "Writer", "check_export", "export_network"]

TOLERANCE = 1e-4
"""Largest difference from PyTorch that counts as rounding, for outputs of about 1."""

_DRAWS = 3
_SIDES = (61, 90)


class Writer(Protocol):
    """Writes a network in one format; `indexnet_core.EXPORTERS` holds the writers by suffix."""

    def __call__(
        self, model: nn.Module, example: Tensor, path: Path, /, *, stride: int, metadata: Mapping[str, str]
    ) -> None:
        """Write ``model`` to ``path``, for every batch and all sides that ``stride`` divides."""
        ...


def check_export(out: Path, suffixes: Mapping[str, object], tolerance: float = TOLERANCE) -> None:
    """Check the file and the tolerance of an export, before anything is loaded.

    Raises:
        UserError: the file exists or has another suffix, a package is missing, or the tolerance is
            out of range.
    """
    check_number("tolerance", tolerance, positive=True)
    if out.suffix not in suffixes:
        raise UserError(f"{out}: expected a file name that ends in {' or '.join(suffixes)}")
    if out.exists():
        raise UserError(f"{out} exists; choose another --out")
    if out.suffix == ".onnx":
        require_packages("writing ONNX", *PACKAGES)


def export_network(
    model: nn.Module,
    out: Path,
    channels: int,
    entries: Mapping[str, Any],
    writers: Mapping[str, Writer] = EXPORTERS,
    tolerance: float = TOLERANCE,
) -> float:
    """Write a network with the metadata for prediction, and compare its outputs with PyTorch's.

    The file carries ``config.json``: the given entries, ``stride``, ``any_size``, the memory that the network
    needs in bytes per pixel and, where it is known, ``reach``.

    Args:
        model: in evaluation mode.
        out: the file; its suffix selects the format. It appears only if its results are correct.
        channels: number of channels of the network's input.
        entries: entries of ``config.json``: ``task``, ``model`` and others.
        writers: a function for each suffix.
        tolerance: largest accepted difference, relative to the largest output where that is above 1.

    Returns:
        The largest absolute difference on random images of two sizes, one alone and two at once.

    Raises:
        UserError: the file cannot be written, or its outputs differ.
    """
    any_size = bool(getattr(model, "any_size", False))
    multiple = 1 if any_size else stride_of(model)
    here = device_of(model)
    short, long = (-(-side // multiple) * multiple for side in _SIDES)
    shapes = [(1, channels, short, long), (2, channels, long, short)]
    metadata = {**entries, "stride": stride_of(model), "any_size": any_size}
    metadata.setdefault(ENTRY, bytes_per_pixel(model, channels=channels))
    if (reach := reach_of(model)) is not None:
        metadata["reach"] = reach
    make_folder(out.parent)
    say(f"exporting to {out}; tracing a large network takes a minute")
    with naming_write_errors(out), atomic_path(out) as temporary:
        example = torch.zeros(shapes[0], device=here)
        writers[out.suffix](
            model, example, temporary, stride=multiple, metadata={CONFIG_FILE: json.dumps(metadata)}
        )
        run = _exported(temporary, str(entries["task"]))
        difference = max(_difference(model, run, shape, here, tolerance, out) for shape in shapes)
        size = temporary.stat().st_size
    sizes = " and ".join("x".join(map(str, shape)) for shape in shapes)
    say(f"wrote {out} ({size / 1e6:.1f} MB); largest difference from PyTorch on {sizes}: {difference:.1e}")
    return difference


def _exported(path: Path, task: str) -> Callable[[Tensor], Tensor]:
    if path.suffix == ".onnx":
        return load_onnx(path, task, "cpu")
    module: Callable[[Tensor], Tensor] = torch.export.load(path).module()
    return module


@torch.no_grad()
def _difference(
    model: nn.Module,
    run: Callable[[Tensor], Tensor],
    shape: tuple[int, ...],
    device: torch.device,
    tolerance: float,
    out: Path,
) -> float:
    """Compare on one random image.

    If two values of a pooling region differ by rounding only, the maximum may be at another position, and
    outputs differ although both are correct. Therefore up to three images are tried.
    """
    generator = torch.Generator().manual_seed(0)
    for _ in range(_DRAWS):
        x = torch.rand(shape, generator=generator)
        wanted = model(x.to(device)).cpu()
        found = run(x)
        if found.shape != wanted.shape:
            raise UserError(f"{out}: its output is {tuple(found.shape)}, PyTorch's is {tuple(wanted.shape)}")
        difference = float((found - wanted).abs().max())
        if difference <= tolerance * max(1.0, float(wanted.abs().max())):
            return difference
    raise UserError(
        f"{out}: not written, since its results differ from PyTorch's by {difference:.2g}, more than the "
        f"tolerance of {tolerance:g}"
    )
