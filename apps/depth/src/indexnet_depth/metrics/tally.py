"""From sums to measures, of one map or of many."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from indexnet_depth.metrics import edges, pixelwise
from indexnet_depth.metrics.pixelwise import Depth
from indexnet_engine.errors import UserError

__all__ = ["DIGITS", "MEASURES", "Average", "Tally", "average", "tally"]

MEASURES = (
    "rmse", "delta1", "delta2", "delta3", "abs_rel", "log10",
    "edge_f1", "edge_precision", "edge_recall", "edge_rmse",
)  # fmt: skip
"""In the order of tables. RMSEs in metres; δ and the edges' shares in [0, 1]; lower is better for errors."""

DIGITS = dict.fromkeys(MEASURES, 3)
"""Decimals in tables."""

Average = Literal["images", "pixels"]
"""``images``: the mean over maps of each map's measure, as FastDepth and the paper. ``pixels``: one measure
of all pixels together, so that larger maps and those with more valid pixels count more."""


@dataclass(frozen=True)
class Tally:
    """Sums of one map, or of several that have been added."""

    pixels: pixelwise.Pixels
    edges: edges.Edges

    def __add__(self, other: "Tally") -> "Tally":
        """Sums of both."""
        a, b = self.pixels, other.pixels
        first, second, third = (one + another for one, another in zip(a.within, b.within))
        return Tally(
            pixelwise.Pixels(
                number=a.number + b.number,
                squares=a.squares + b.squares,
                relative=a.relative + b.relative,
                logs=a.logs + b.logs,
                within=(first, second, third),
            ),
            edges.Edges(*(one + another for one, another in zip(self.edges, other.edges))),  # type: ignore[arg-type]
        )

    def measures(self) -> dict[str, float]:
        """The measures by name, see `MEASURES`.

        Of edges: recall is the share of the true ones that are found, precision the share of the found ones
        that are true, F1 their harmonic mean. Where neither map has an edge they are not a number; where only
        one has, they are 0.
        """
        p, e = self.pixels, self.edges
        nothing = e.true == 0 and e.found == 0
        return {
            "rmse": math.sqrt(p.squares / p.number),
            **{f"delta{power}": number / p.number for power, number in enumerate(p.within, 1)},
            "abs_rel": p.relative / p.number,
            "log10": p.logs / p.number,
            "edge_f1": math.nan if nothing else 2 * e.hits / (e.true + e.found),
            "edge_precision": math.nan if nothing else e.hits / max(e.found, 1),
            "edge_recall": math.nan if nothing else e.hits / max(e.true, 1),
            "edge_rmse": math.sqrt(e.squares / e.near) if e.near else math.nan,
        }


def tally(pred: Depth, depth: Depth, edge_threshold: float = edges.EDGE_THRESHOLD) -> Tally:
    """Compare one estimate with the truth.

    Args:
        pred: (H, W) in metres; below 1 mm it counts as 1 mm.
        depth: (H, W) in metres; 0, negative, infinite and not-a-number pixels do not count.
        edge_threshold: see `indexnet_depth.metrics.EDGE_THRESHOLD`.

    Raises:
        UserError: the shapes differ, the estimate is not finite, or no true depth is valid.

    >>> import numpy as np
    >>> found = tally(np.full((4, 4), 2.2), np.full((4, 4), 2.0)).measures()
    >>> round(found["rmse"], 6), found["delta1"], round(found["abs_rel"], 6)
    (0.2, 1.0, 0.1)
    """
    prepared = pixelwise.prepare(pred, depth)
    return Tally(pixelwise.sums(*prepared), edges.sums(*prepared, edge_threshold))


def average(tallies: Iterable[Tally], over: Average = "images") -> dict[str, float]:
    """Average several maps.

    Args:
        tallies: one a map.
        over: see `Average`. Over images, a measure that a map does not have (it has no edges) is left out.

    Raises:
        UserError: there is nothing to average.
    """
    maps = list(tallies)
    if not maps:
        raise UserError("no depth maps to average over")
    if over == "pixels":
        total = maps[0]
        for one in maps[1:]:
            total = total + one
        return total.measures()
    rows = [one.measures() for one in maps]
    means = {}
    for name in MEASURES:
        values = [row[name] for row in rows if not math.isnan(row[name])]
        means[name] = math.fsum(values) / len(values) if values else math.nan
    return means
