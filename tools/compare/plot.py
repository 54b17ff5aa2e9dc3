"""A plot of a metric over a cost."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from tools.bench.linear import require_matplotlib, save_figure
from tools.compare.rows import Row, spread
from tools.compare.task import Figure

__all__ = ["Axis", "apart", "plot_rows"]

Axis = Literal["parameters", "gflops", "step", "image"]

_LABELS: dict[Axis, str] = {
    "parameters": "parameters",
    "gflops": "GFLOPs",
    "step": "seconds of a training step",
    "image": "seconds of an image",
}
_LEAST = 0.055  # of the height, between two names


def cost_of(row: Row, axis: Axis) -> float:
    """The position of a row on the axis of costs."""
    if axis == "parameters":
        return row.cost.parameters
    if axis == "gflops":
        return row.cost.gflops
    if row.seconds is None:
        raise ValueError(f"{row.label} has not been timed")
    return row.seconds.step if axis == "step" else row.seconds.image


def plot_rows(path: Path, rows: Sequence[Row], figure: Figure, axis: Axis, title: str) -> None:
    """Write a PNG: mean over cost, bars from the lowest to the highest seed, names on the right.

    Args:
        path: the file to write.
        rows: of the table.
        figure: the metric.
        axis: the cost.
        title: description of the comparison.

    Raises:
        UserError: matplotlib is not installed, or the file cannot be written.
    """
    factor = 100 if figure.percent else 1
    canvas = require_matplotlib()(figsize=(8, 5), layout="constrained")
    axes = canvas.add_subplot()
    axes.set_title(title, fontsize=9)
    means = []
    for number, row in enumerate(rows):
        values = [factor * value for value in row.values(figure.name)]
        mean, _, low, high = spread(values)
        means.append(mean)
        x, colour = cost_of(row, axis), f"C{number % 10}"
        axes.errorbar(x, mean, [[mean - low], [high - mean]], color=colour, marker="o", capsize=4)
        axes.plot([x] * len(values), values, linestyle="", marker="_", color=colour)
    axes.set_xscale("log")
    for side in (axes.xaxis, axes.yaxis):
        side.set_major_formatter("{x:,.6g}")
    axes.xaxis.set_minor_formatter("{x:,.6g}")
    axes.tick_params(axis="x", which="both", labelsize=8)
    axes.set_xlabel(_LABELS[axis])
    unit = " in per cent" if figure.percent else ""
    axes.set_ylabel(f"{figure.name}{unit} ({figure.better} is better)")
    axes.grid(True, which="both", alpha=0.25)
    bottom, top = axes.get_ylim()
    heights = apart([(mean - bottom) / (top - bottom) for mean in means])
    for number, (row, mean, height) in enumerate(zip(rows, means, heights)):
        axes.annotate(
            row.label,
            (cost_of(row, axis), mean),
            (1.03, height),
            textcoords="axes fraction",
            color=f"C{number % 10}",
            verticalalignment="center",
            arrowprops={"arrowstyle": "-", "color": f"C{number % 10}", "alpha": 0.4, "linewidth": 0.8},
        )
    save_figure(canvas, path)


def apart(heights: Sequence[float]) -> list[float]:
    """Move heights (0 to 1) as little as needed to keep names apart; their order stays.

    >>> apart([0.5, 0.5])
    [0.4725, 0.5275]
    """
    order = np.argsort(heights, kind="stable")
    least = min(_LEAST, 1 / max(1, len(heights) - 1))
    # Blocks of names at equal distances, each around the mean of its points, merged where they touch.
    blocks: list[list[int]] = []
    for index in order:
        blocks.append([int(index)])
        while len(blocks) > 1 and _touch(blocks[-2], blocks[-1], heights, least):
            last = blocks.pop()
            blocks[-1] += last
    found = [0.0] * len(heights)
    for block in blocks:
        low, _ = _span(block, heights, least)
        for place, index in enumerate(block):
            found[index] = round(low + place * least, 6)
    return found


def _touch(below: Sequence[int], above: Sequence[int], heights: Sequence[float], least: float) -> bool:
    return _span(above, heights, least)[0] - _span(below, heights, least)[1] < least - 1e-9


def _span(block: Sequence[int], heights: Sequence[float], least: float) -> tuple[float, float]:
    """Lowest and highest name of a block, which stays within the plot."""
    length = (len(block) - 1) * least
    middle = sum(heights[index] for index in block) / len(block)
    low = min(max(0.0, middle - length / 2), 1 - length)
    return low, low + length
