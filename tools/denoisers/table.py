"""The table as Markdown, and the measures of each image as CSV."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from indexnet_denoising.metrics import METRICS, NOISE_METRICS
from tools.denoisers.measuring import Row

__all__ = ["format_csv", "format_rows"]

_SHOWN = {"psnr": "PSNR", "ssim": "SSIM", "spots": "spots, %"}


def format_rows(rows: Sequence[Row]) -> str:
    """A Markdown table with one line for each set, noise level and method, and notes on the methods below."""
    means = [row.mean() for row in rows]
    shown = [name for name in _SHOWN if name in means[0]]
    lines = [
        ["images", "method", *(_SHOWN[name] for name in shown), "seconds", "of the processor", "threads"]
    ]
    for row, mean in zip(rows, means, strict=True):
        settings = f" ({row.settings()})" if row.strengths else ""
        threads = sorted({image.threads for image in row.images.values()})
        lines.append([f"{row.group.title} ({len(row.images)})", f"`{row.method.label}`{settings}"])
        lines[-1] += [_cell(name, mean[name]) for name in shown]
        lines[-1] += [f"{seconds:.3f}" for seconds in row.median_seconds()]
        lines[-1].append(", ".join(map(str, threads)))
    table = [f"| {' | '.join(line)} |" for line in lines]
    notes = dict.fromkeys(row.method.note for row in rows if row.method.note)
    return "\n".join([table[0], "|---" * len(lines[0]) + "|", *table[1:], "", "; ".join(notes)]).rstrip()


def format_csv(rows: Sequence[Row]) -> str:
    """All measures of each image, unrounded."""
    names = list(next(iter(rows[0].images.values())).metrics)
    heads = ["set", "sigma", "method", "strengths", "image", *names, "seconds", "cpu_seconds", "threads"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    for row in rows:
        sigma = "" if row.group.sigma is None else row.group.sigma
        for name, image in row.images.items():
            values: list[Any] = [image.metrics[metric] for metric in names]
            costs = (image.seconds, image.cpu_seconds, image.threads)
            writer.writerow([row.group.data, sigma, row.method.label, row.settings(), name, *values, *costs])
    return text.getvalue()


def _cell(name: str, value: float) -> str:
    if name == "spots":
        return f"{100 * value:.2f}"
    return f"{value:.{(METRICS | NOISE_METRICS)[name].digits}f}"
