"""The bandwidth of the fused kernels of IP and IU, relative to that of the GPU's memory.

Each kernel does a few operations for every number that it reads or writes, so it is bound by bandwidth. The
bandwidth is measured by a copy; a kernel must move each of its tensors once.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_engine.progress import progress_bar
from tools.bench.linear import require_matplotlib, save_figure
from tools.bench.machine import announce, describe_machine
from tools.bench.options import parse_sizes
from tools.bench.rows import duration, table
from tools.bench.timing import median_seconds
from tools.bench.variants import Variant

__all__ = [
    "Indices",
    "KernelRow",
    "bench_roofline",
    "bytes_moved",
    "copy_bandwidth",
    "kernel_calls",
    "plot_roofline",
]

Indices = Literal["depthwise", "holistic"]

_CALLS = 6
_COPY = 2**28  # numbers in a copy: far more than any cache holds


@dataclass(frozen=True)
class KernelRow:
    """One kernel on one feature.

    Attributes:
        kernel: its name in ``torch.ops.indexnet``; with ``skip`` if it also returns a feature for a skip
            connection.
        feature: batch, channels, height and width of the encoder feature.
        indices: depthwise or holistic.
        variant: precision and memory format.
        seconds: of one call.
        moved: bytes that it has to read and write.
        share: fraction of the bandwidth that a copy reaches.
    """

    kernel: str
    feature: str
    indices: str
    variant: str
    seconds: float
    moved: int
    share: float


def bench_roofline(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Compare the fused kernels with the bandwidth of the GPU."""
    sizes = parse_sizes(options.size, multiple=2)
    if options.device != "cuda":
        raise UserError("the roofline measures fused GPU kernels, but PyTorch finds no CUDA device")
    if options.plot is not None:
        require_matplotlib()
    announce("cuda")
    bandwidth = copy_bandwidth("cuda", options.seconds)
    print(f"a copy moves {bandwidth / 1e9:.0f} GB/s\n")
    cases = list(product(options.channels, sizes, options.indices, options.precision, options.layout))
    rows = []
    with progress_bar(_CALLS * len(cases), "measuring", unit="kernel") as bar:
        for channels, (height, width), indices, precision, layout in cases:
            variant = Variant(precision, layout)
            shape = (options.batch, channels, height, width)
            for name, call, tensors in kernel_calls(shape, indices, variant, "cuda"):
                seconds = min(median_seconds(call, "cuda", options.seconds) for _ in range(options.rounds))
                moved = bytes_moved(tensors, call())
                share = moved / seconds / bandwidth
                feature = "x".join(map(str, shape))
                rows.append(KernelRow(name, feature, indices, str(variant), seconds, moved, share))
                bar.update()
    print(format_roofline(rows))
    if options.plot is not None:
        plot_roofline(options.plot, rows, bandwidth, describe_machine("cuda"))
    return [asdict(row) | {"copy_bandwidth": bandwidth} for row in rows]


def kernel_calls(
    shape: tuple[int, int, int, int], indices: Indices, variant: Variant, device: str
) -> list[tuple[str, Callable[[], object], list[Tensor]]]:
    """The four kernels, two of them also with a feature for a skip connection: name, call, inputs.

    Args:
        shape: of the encoder feature.
        indices: one map for each channel, or one for all.
        variant: precision and memory format, also of the logits, as an index network returns them.
        device: ``cuda``, or ``cpu`` for the eager path.

    Raises:
        UserError: this build of the core has no fused operators.
    """
    pool, pool_backward, upsample, upsample_backward = map(
        _operator, ("pool", "pool_backward", "upsample", "upsample_backward")
    )
    batch, channels, height, width = shape
    half = (batch, channels, height // 2, width // 2)
    torch.manual_seed(0)
    x, full = (variant.tensor(torch.randn(shape), device) for _ in range(2))
    y, pooled = (variant.tensor(torch.randn(half), device) for _ in range(2))
    predicted = torch.randn(batch, 4 * (channels if indices == "depthwise" else 1), *half[2:])
    logits = variant.tensor(predicted, device).unflatten(1, (4, -1))  # (B, 4, C or 1, h, w)
    how = "sigmoid+softmax"
    return [
        ("pool", lambda: pool(x, logits, how, 2, False), [x, logits]),
        ("pool, skip", lambda: pool(x, logits, how, 2, True), [x, logits]),
        ("pool_backward", lambda: pool_backward(pooled, None, x, logits, how, 2), [pooled, x, logits]),
        (
            "pool_backward, skip",
            lambda: pool_backward(pooled, full, x, logits, how, 2),
            [pooled, full, x, logits],
        ),
        ("upsample", lambda: upsample(y, logits, how, 2), [y, logits]),
        ("upsample_backward", lambda: upsample_backward(full, y, logits, how, 2), [full, y, logits]),
    ]


def bytes_moved(reads: Sequence[Tensor], writes: object) -> int:
    """Bytes that a kernel must move: each tensor that it reads or writes, once.

    >>> bytes_moved([torch.zeros(3)], (torch.zeros(2, dtype=torch.bfloat16), None))
    16
    """
    results = writes if isinstance(writes, tuple | list) else [writes]
    tensors = [*reads, *(result for result in results if isinstance(result, Tensor))]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def copy_bandwidth(device: str, least: float, numbers: int = _COPY) -> float:
    """Bytes per second that a copy of float32 numbers reads and writes in total."""
    source = torch.zeros(numbers, device=device)
    target = torch.empty_like(source)
    return 2 * 4 * numbers / median_seconds(lambda: target.copy_(source), device, least)


def format_roofline(rows: Sequence[KernelRow]) -> str:
    """A Markdown table."""
    return table(
        ["kernel", "feature", "indices", "variant", "time", "GB/s", "of the copy"],
        [
            [
                row.kernel,
                row.feature,
                row.indices,
                row.variant,
                duration(row.seconds),
                f"{row.moved / row.seconds / 1e9:.0f}",
                f"{row.share:.0%}",
            ]
            for row in rows
        ],
    )


def plot_roofline(path: Path, rows: Sequence[KernelRow], bandwidth: float, title: str) -> None:
    """Write a PNG: bytes per second over the bytes that a kernel moves, and the bandwidth of a copy."""
    figure = require_matplotlib()(figsize=(7, 4.5), layout="constrained")
    figure.suptitle(title, fontsize=9)
    axes = figure.add_subplot()
    for name in dict.fromkeys(row.kernel for row in rows):
        mine = [row for row in rows if row.kernel == name]
        rates = [row.moved / row.seconds / 1e9 for row in mine]
        axes.plot([row.moved / 1e6 for row in mine], rates, "o", label=name)
    axes.axhline(bandwidth / 1e9, color="k", label="copy")
    axes.axhline(0.8 * bandwidth / 1e9, color="k", linestyle="--", linewidth=0.8, label="80 % of it")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("MB to be moved")
    axes.set_ylabel("GB/s")
    axes.grid(True, alpha=0.3)
    axes.legend(fontsize=8)
    save_figure(figure, path)


def _operator(name: str) -> Callable[..., object]:
    try:
        import indexnet_core  # noqa: F401  # registers them

        return getattr(torch.ops.indexnet, name)
    except (ImportError, AttributeError):
        raise UserError(f"this indexnet_core has no fused operator indexnet::{name}") from None
