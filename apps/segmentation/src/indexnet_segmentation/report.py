"""What was measured as a table, JSON and CSV."""

import csv
import io
import math
from pathlib import Path

from indexnet_engine.errors import OptionError
from indexnet_engine.files import write_json, write_text
from indexnet_engine.reports.metric_tables import format_table
from indexnet_segmentation.metrics import Scores

__all__ = ["check_tolerance", "format_scores", "write_scores"]


def format_scores(scores: Scores) -> str:
    """Write a line for each class, those that never occur left out, and the measures of the whole set."""
    rows = {name: row for name, row in scores.by_class().items() if not math.isnan(row["iou"])}
    lines = [format_table("class", rows).rpartition("\n")[0]] if rows else []
    if absent := [name for name in scores.classes.names if name not in rows]:
        lines.append(f"neither in the labels nor predicted: {', '.join(absent)}")
    lines.append("")
    lines += [f"{name:<15} {value:.4f}" for name, value in scores.summary().items()]
    return "\n".join([*lines, f"{'images':<15} {scores.images}"])


def write_scores(scores: Scores, json: Path | None, csv_file: Path | None) -> None:
    """Write the measures where a place is given.

    JSON has ``mean`` (the measures of the whole set), ``classes``, ``confusion`` (rows: true classes), and
    ``images``, their number; what could not be measured is null. CSV has a row for each class.
    """
    if json is not None:
        write_json(
            json,
            {
                "mean": _finite(scores.summary()),
                "classes": {name: _finite(row) for name, row in scores.by_class().items()},
                "confusion": scores.matrix.tolist(),
                "images": scores.images,
            },
        )
    if csv_file is not None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        rows = scores.by_class()
        writer.writerow(["class", *next(iter(rows.values()))])
        writer.writerows(
            [name, *("" if math.isnan(value) else value for value in row.values())]
            for name, row in rows.items()
        )
        write_text(csv_file, text.getvalue())


def check_tolerance(tolerance: float) -> None:
    """Refuse a tolerance of the boundary measures that makes no sense.

    Raises:
        UserError: it is not between 0 and 1.
    """
    if not 0 < tolerance < 1:
        raise OptionError(
            "boundary", f"must be a fraction of the diagonal between 0 and 1, got {tolerance:g}"
        )


def _finite(row: dict[str, float]) -> dict[str, float | None]:
    """JSON knows no not-a-number."""
    return {key: value if math.isfinite(value) else None for key, value in row.items()}
