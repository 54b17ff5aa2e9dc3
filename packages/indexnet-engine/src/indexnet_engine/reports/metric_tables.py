"""Metrics of images as a table, CSV and JSON."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from indexnet_engine.errors import UserError
from indexnet_engine.files import make_folder, write_json, write_text

__all__ = [
    "Measures",
    "Metric",
    "MetricFiles",
    "check_places",
    "finite",
    "format_table",
    "mean_of",
    "summarise",
    "write_csv",
    "write_grouped_csv",
    "write_summary",
]

Measures = dict[str, dict[str, float]]
"""Image name -> metric -> value."""


@dataclass(kw_only=True)
class MetricFiles:
    """The options by which a command that measures names the files for its metrics."""

    json: Path | None = None
    """Write the metrics to this JSON file."""
    csv: Path | None = None
    """Write the metrics to this CSV file."""


class Metric(NamedTuple):
    """A metric: the values of an application's registry ``METRICS``, by name."""

    function: Callable[..., float]
    """Computes the metric; the registry documents its arguments."""
    digits: int = 4
    """Decimals in tables."""


def mean_of(measures: Iterable[dict[str, float]]) -> dict[str, float]:
    """Average the metrics of several images, key by key; images of all sizes have equal weight.

    Raises:
        UserError: there is nothing to average.

    >>> mean_of([{"psnr": 30.0}, {"psnr": 32.0}])
    {'psnr': 31.0}
    """
    rows = list(measures)
    if not rows:
        raise UserError("no images to average over")
    return {key: sum(row[key] for row in rows) / len(rows) for key in rows[0]}


def summarise(images: Measures, mean: dict[str, float] | None = None) -> dict[str, object]:
    """``{"mean": {...}, "images": {name: {...}}}``, with the mean of all images unless another is given."""
    return {"mean": mean_of(images.values()) if mean is None else mean, "images": images}


def format_table(
    title: str,
    images: Measures,
    metrics: Mapping[str, Metric] | None = None,
    mean: dict[str, float] | None = None,
) -> str:
    """A table with one line for each image and the mean below.

    Args:
        title: heading of the column of names.
        images: the metrics of each image.
        metrics: the registry of the metrics, for their decimals; 4 decimals without it.
        mean: the last line, if it differs from `mean_of`.

    >>> rows = {"a": {"psnr": 30.0, "ssim": 0.9}, "b": {"psnr": 31.0, "ssim": 0.8}}
    >>> print(format_table("sigma 25", rows, {"psnr": Metric(max, digits=2), "ssim": Metric(max)}))
    sigma 25  psnr    ssim
    a         30.00  0.9000
    b         31.00  0.8000
    mean      30.50  0.8500
    """
    mean = mean_of(images.values()) if mean is None else mean
    width = max(len(title), *(len(name) for name in (*images, "mean")))
    digits = {key: 4 if metrics is None else metrics[key].digits for key in mean}
    columns = {key: [f"{row[key]:.{digits[key]}f}" for row in (*images.values(), mean)] for key in mean}
    widths = {key: max(len(key), *map(len, column)) for key, column in columns.items()}
    header = f"{title:<{width}}" + "".join(f"  {key:<{widths[key]}}" for key in columns)
    rows = [
        f"{name:<{width}}" + "".join(f"  {column[row]:>{widths[key]}}" for key, column in columns.items())
        for row, name in enumerate((*images, "mean"))
    ]
    return "\n".join([header.rstrip(), *rows])


def check_places(*paths: Path | None) -> None:
    """Check that result files can be written, before long work whose result would be lost.

    Raises:
        UserError: one is a folder or named twice, or its folder cannot be created.
    """
    given = [path for path in paths if path is not None]
    for path in given:
        if given.count(path) > 1:
            raise UserError(f"--json and --csv name the same file, {path}")
        if path.is_dir():
            raise UserError(f"{path} is a folder; expected the name of a file")
        make_folder(path.parent)


def write_summary(path: Path, by_group: Mapping[str, Measures]) -> None:
    """Write JSON: ``{group: {"mean": {...}, "images": {...}}}``; an infinite PSNR becomes null."""
    write_json(path, {group: finite(summarise(images)) for group, images in by_group.items()})


def write_csv(path: Path, images: Measures) -> None:
    """Write one row for each image."""
    _write_rows(path, ["image"], [([name], values) for name, values in images.items()])


def write_grouped_csv(path: Path, group_name: str, by_group: Mapping[str, Measures]) -> None:
    """Write one row for each group and image, with the group in the first column."""
    rows = [([group, name], row) for group, images in by_group.items() for name, row in images.items()]
    _write_rows(path, [group_name, "image"], rows)


def _write_rows(path: Path, labels: list[str], rows: list[tuple[list[str], dict[str, float]]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*labels, *rows[0][1]])
    writer.writerows([*label, *values.values()] for label, values in rows)
    write_text(path, text.getvalue())


def finite(value: object) -> object:
    """Replace infinite and undefined numbers, at any depth, by null: JSON has neither."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
