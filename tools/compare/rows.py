"""The rows of the table, as Markdown and CSV."""

import csv
import io
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from indexnet_core import Complexity
from tools.compare.costs import Seconds
from tools.compare.task import Figure, Measured

__all__ = ["Row", "format_classes", "format_csv", "format_rows", "spread"]


@dataclass(frozen=True)
class Row:
    """Costs and metrics of one contender.

    Attributes:
        label: operator, perhaps with a channel rule.
        cost: parameters and GFLOPs.
        seconds: measured times, or None without timing.
        runs: the metrics of each seed.
    """

    label: str
    cost: Complexity
    seconds: Seconds | None
    runs: Sequence[Measured]

    def values(self, name: str) -> list[float]:
        """The values of one metric, one for each seed."""
        return [run.values[name] for run in self.runs]


def spread(values: Sequence[float]) -> tuple[float, float, float, float]:
    """Mean, sample standard deviation (not a number for one value), lowest, highest.

    >>> spread([1.0, 2.0, 3.0])
    (2.0, 1.0, 1.0, 3.0)
    """
    deviation = statistics.stdev(values) if len(values) > 1 else math.nan
    return statistics.fmean(values), deviation, min(values), max(values)


def format_rows(rows: Sequence[Row], figures: Sequence[Figure]) -> str:
    """A Markdown table: cost, time, and the mean of each figure over the seeds (lowest–highest)."""
    timed = all(row.seconds is not None for row in rows)
    heads = ["operator", "parameters", "GFLOPs", *(["step, ms", "image, ms"] if timed else [])]
    heads += [f"{figure.name}, %" if figure.percent else figure.name for figure in figures]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in rows:
        cells = [f"`{row.label}`", f"{row.cost.parameters:,}", _significant(row.cost.gflops)]
        if timed and row.seconds is not None:
            cells += [f"{1e3 * seconds:.1f}" for seconds in (row.seconds.step, row.seconds.image)]
        cells += [_cell(row.values(figure.name), figure) for figure in figures]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def format_classes(rows: Sequence[Row]) -> str:
    """A line for each class: its share of the pixels, and the mean IoU of each contender, in per cent."""
    lines = [f"| class | share | {' | '.join(f'`{row.label}`' for row in rows)} |"]
    lines.append("|---" * (2 + len(rows)) + "|")
    for name, values in rows[0].runs[0].classes.items():
        means = [statistics.fmean(run.classes[name]["iou"] for run in row.runs) for row in rows]
        cells = " | ".join(f"{100 * mean:.1f}" for mean in means)
        lines.append(f"| {name} | {100 * values['share']:.2f} | {cells} |")
    return "\n".join(lines)


def format_csv(rows: Sequence[Row]) -> str:
    """All metrics, shown or not, unrounded: mean, standard deviation, lowest and highest value of each."""
    names = list(rows[0].runs[0].values)
    heads: list[Any] = ["operator", "parameters", "gflops", "step_seconds", "image_seconds", "seeds"]
    heads += [f"{name}_{what}" for name in names for what in ("mean", "std", "lowest", "highest")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    for row in rows:
        seconds = ["", ""] if row.seconds is None else [row.seconds.step, row.seconds.image]
        cells = [row.label, row.cost.parameters, row.cost.gflops, *seconds, len(row.runs)]
        for name in names:
            cells += ["" if math.isnan(value) else value for value in spread(row.values(name))]
        writer.writerow(cells)
    return text.getvalue()


def _cell(values: Sequence[float], figure: Figure) -> str:
    mean, _, low, high = (value * (100 if figure.percent else 1) for value in spread(values))
    text = f"{mean:.{figure.digits}f}"
    return text if len(values) == 1 else f"{text} ({low:.{figure.digits}f}–{high:.{figure.digits}f})"


def _significant(value: float) -> str:
    """Three decimals, and more for small values.

    >>> _significant(1.1436), _significant(0.036534)
    ('1.144', '0.0365')
    """
    decimals = max(3, 2 - math.floor(math.log10(value))) if value > 0 else 3
    return f"{value:.{decimals}f}"
