"""Check that cost is linear in the number of pixels: slopes, and a log-log plot."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors
from tools.bench.work import Size

__all__ = ["Curve", "plot_curves", "slope"]

Curve = Mapping[Size, float]
"""Height and width -> seconds, or bytes."""


def slope(curve: Curve) -> float:
    """The exponent a of cost = c · pixelsᵃ that fits best: 1 where cost is linear in the pixels.

    >>> round(slope({(1, 10): 5.0, (10, 10): 50.0}), 6)
    1.0
    """
    pixels = np.log([height * width for height, width in curve])
    exponent, _ = np.polyfit(pixels, np.log(list(curve.values())), 1)
    return float(exponent)


def plot_curves(path: Path, panels: Mapping[str, Mapping[str, Curve]], title: str) -> None:
    """Write a PNG: a panel for each figure, a curve for each candidate, a dashed line of slope 1.

    Args:
        path: the file to write.
        panels: axis label -> candidate -> curve.
        title: the measured network and the machine.

    Raises:
        UserError: matplotlib is not installed, or the file cannot be written.
    """
    figure_class = require_matplotlib()
    figure = figure_class(figsize=(5.5 * len(panels), 4.5), layout="constrained")
    figure.suptitle(title, fontsize=9)
    for place, (label, curves) in enumerate(panels.items(), 1):
        axes = figure.add_subplot(1, len(panels), place)
        for name, curve in curves.items():
            pixels = [math.prod(size) for size in curve]
            axes.loglog(pixels, list(curve.values()), marker="o", label=f"{name}: slope {slope(curve):.2f}")
        longest = max(curves.values(), key=len)
        sizes = [math.prod(size) for size in longest]
        last = longest[max(longest, key=math.prod)]
        axes.loglog(
            sizes, [last * size / max(sizes) for size in sizes], "k--", linewidth=0.8, label="linear: slope 1"
        )
        axes.set_xticks(sizes, [f"{width}x{height}" for height, width in longest], rotation=30, fontsize=8)
        axes.set_xticks([], minor=True)
        axes.set_xlabel("pixels")
        axes.set_ylabel(label)
        axes.grid(True, which="major", alpha=0.3)
        axes.legend()
    save_figure(figure, path)


def require_matplotlib() -> type:
    """Matplotlib's figure class, which needs no screen.

    Raises:
        UserError: it is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UserError("a plot needs matplotlib; install it with pip install matplotlib") from None
    return Figure


def save_figure(figure, path: Path) -> None:  # type: ignore[no-untyped-def]
    """Write a figure, atomically."""
    make_folder(path.parent)
    with naming_write_errors(path), atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")


def curve_of(sizes: Sequence[Size], values: Sequence[float | None]) -> Curve:
    """The points that were measured."""
    return {size: value for size, value in zip(sizes, values, strict=True) if value is not None}
