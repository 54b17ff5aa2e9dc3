"""``metrics.csv``: the losses and metrics of a run by step."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from indexnet_engine.files import naming_write_errors, write_text

Row = dict[str, str]


class MetricsFile:
    """Appends rows to a CSV file whose first column is ``step``; new names add columns.

    Args:
        path: The file; created with the first row.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        rows = read_rows(path)
        self._columns = list(rows[0]) if rows else ["step"]

    def append(self, step: int, values: Mapping[str, float]) -> None:
        """Add a row; numbers are written with all their digits."""
        row = {"step": str(step), **{name: repr(float(value)) for name, value in values.items()}}
        if not self.path.exists() or not set(row) <= set(self._columns):
            self._columns = list(dict.fromkeys([*self._columns, *row]))
            self._rewrite([*read_rows(self.path), row])
            return
        with naming_write_errors(self.path), self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(_to_csv([row], self._columns))

    def drop_after(self, step: int) -> None:
        """Remove the rows after a step, which will be written again, and columns that only they use."""
        if self.path.exists():
            rows = [row for row in read_rows(self.path) if int(row["step"]) <= step]
            kept = [name for name in self._columns if any(row[name] for row in rows)]
            self._columns = kept or ["step"]
            self._rewrite([{name: row[name] for name in kept} for row in rows])

    def _rewrite(self, rows: list[Row]) -> None:
        write_text(self.path, _to_csv([dict(zip(self._columns, self._columns)), *rows], self._columns))


def read_rows(path: Path) -> list[Row]:
    """Read a metrics file; empty fields are columns that a row does not have.

    A last line truncated by a crash is ignored.
    """
    if not path.exists():
        return []
    whole_lines = path.read_text(encoding="utf-8").rpartition("\n")[0]
    return list(csv.DictReader(io.StringIO(whole_lines)))


def _to_csv(rows: list[Row], columns: list[str]) -> str:
    text = io.StringIO()
    csv.DictWriter(text, columns, restval="", lineterminator="\n").writerows(rows)
    return text.getvalue()
