"""Results compared with the literal form and with max pooling, as a Markdown table and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.bench.work import Candidate

__all__ = ["Row", "as_json", "cells", "duration", "header", "ratio", "table", "volume"]

_FIGURES = ("time", "speed-up", "time / max", "memory", "memory / literal", "memory / max", "in all")

LEGEND = (
    "speed-up: the literal form's time over this one's. memory: what the work adds to weights and input at "
    "its peak, in a fresh process; in all: the total of the process, or of the GPU."
)


@dataclass(frozen=True)
class Row:
    """Figures of one candidate; None where it was not measured.

    Attributes:
        case: what all compared rows have in common, column -> value.
        candidate: name of the compared form.
        variant: how it was run.
        seconds: of one run.
        added: bytes at the peak in addition to weights and input.
        total: all bytes at the peak.
        profile: operator -> share of the time.
    """

    case: dict[str, str]
    candidate: Candidate
    variant: str
    seconds: float | None = None
    added: int | None = None
    total: int | None = None
    profile: dict[str, float] | None = None


def table(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table; without rows its first two lines.

    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    | --- | --- |
    | 1 | 2 |
    """
    return "\n".join(map(_line, [columns, ["---"] * len(columns), *lines]))


def header(case: dict[str, str]) -> str:
    """The first two lines of the table, for rows with these columns."""
    return table([*case, "candidate", "variant", *_FIGURES], [])


def cells(group: Sequence[Row]) -> list[str]:
    """The table lines of compared rows, with ratios to the first literal row and to the first row of max.

    >>> rows = [Row({}, "literal", "32", 2.0), Row({}, "ours", "32", 0.5)]
    >>> print(*cells(rows), sep="\\n")
    | literal | 32 | 2 s | 1.00x |  |  |  |  |  |
    | ours | 32 | 500 ms | 4.00x |  |  |  |  |  |
    """
    lines = []
    for row, ratios in zip(group, _ratios(group), strict=True):
        lines.append(
            _line(
                [
                    *row.case.values(),
                    row.candidate,
                    row.variant,
                    duration(row.seconds),
                    ratio(ratios["speed_up"]),
                    ratio(ratios["time_of_max"]),
                    volume(row.added),
                    ratio(ratios["memory_of_literal"]),
                    ratio(ratios["memory_of_max"]),
                    volume(row.total),
                ]
            )
        )
    return lines


def as_json(group: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as JSON in seconds and bytes, with the ratios."""
    return [
        {
            **row.case,
            "candidate": row.candidate,
            "variant": row.variant,
            "seconds": row.seconds,
            "memory": row.added,
            "memory_in_all": row.total,
            **ratios,
            **({} if row.profile is None else {"profile": row.profile}),
        }
        for row, ratios in zip(group, _ratios(group), strict=True)
    ]


def ratio(value: float | None) -> str:
    """``2.31x``; empty where it is unknown."""
    return "" if value is None else f"{value:.2f}x"


def duration(seconds: float | None) -> str:
    """Three digits and a unit.

    >>> duration(0.0123456), duration(12.345), duration(4.5e-5)
    ('12.3 ms', '12.3 s', '45 µs')
    """
    return _scaled(seconds, [(1, "s"), (1e-3, "ms"), (1e-6, "µs")])


def volume(size: float | None) -> str:
    """Three digits and a unit; 10⁶ bytes are a MB.

    >>> volume(3_312_000_000), volume(45_600_000)
    ('3.31 GB', '45.6 MB')
    """
    return _scaled(size, [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")])


def _scaled(value: float | None, units: list[tuple[float, str]]) -> str:
    if value is None:
        return ""
    unit, name = next((found for found in units if value >= found[0]), units[-1])
    number = value / unit
    return f"{number:.3g} {name}" if number < 1000 else f"{number:.0f} {name}"


def _ratios(group: Sequence[Row]) -> list[dict[str, float | None]]:
    nothing = Row({}, "literal", "")
    literal, fixed = (_first(group, candidate) or nothing for candidate in ("literal", "max"))
    return [
        {
            "speed_up": _over(literal.seconds, row.seconds),
            "time_of_max": _over(row.seconds, fixed.seconds),
            "memory_of_literal": _over(row.added, literal.added),
            "memory_of_max": _over(row.added, fixed.added),
        }
        for row in group
    ]


def _first(group: Sequence[Row], candidate: str) -> Row | None:
    return next((row for row in group if row.candidate == candidate), None)


def _over(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _line(columns: Sequence[str]) -> str:
    return f"| {' | '.join(columns)} |"
