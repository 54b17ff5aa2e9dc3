"""From sums to measures, of one map or of many."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from indexnet_depth.metrics import edges, pixelwise
from indexnet_depth.metrics.pixelwise import Depth
from indexnet_engine.errors import UserError
from indexnet_engine.reports.metric_tables import Metric

__all__ = ["METRICS", "Average", "Tally", "average", "tally"]

Average = Literal["images", "pixels"]
"""``images``: the mean over maps of each map's measure, as FastDepth and the paper. ``pixels``: one measure
of all pixels together, so that larger maps and those with more valid pixels count more."""


@dataclass(frozen=True)
class Tally:
    """Sums of one map, or of several added together."""

    pixels: pixelwise.Pixels
    edges: edges.Edges

    def __add__(self, other: "Tally") -> "Tally":
        """Return the sums of both."""
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
        """Compute all `METRICS`."""
        return {name: metric.function(self) for name, metric in METRICS.items()}


def _delta(power: int) -> Callable[[Tally], float]:
    """Return the share of the pixels whose ratio is below 1.25 to this power."""
    return lambda sums: sums.pixels.within[power - 1] / sums.pixels.number


def _edge_share(whole: Callable[[edges.Edges], float]) -> Callable[[Tally], float]:
    """Return the edge hits divided by a number of edge pixels; not a number where neither map has an edge."""

    def share(sums: Tally) -> float:
        e = sums.edges
        return math.nan if e.true == 0 and e.found == 0 else e.hits / max(whole(e), 1)

    return share


def _edge_rmse(sums: Tally) -> float:
    e = sums.edges
    return math.sqrt(e.squares / e.near) if e.near else math.nan


METRICS: dict[str, Metric] = {
    "rmse": Metric(lambda sums: math.sqrt(sums.pixels.squares / sums.pixels.number), digits=3),
    "delta1": Metric(_delta(1), digits=3),
    "delta2": Metric(_delta(2), digits=3),
    "delta3": Metric(_delta(3), digits=3),
    "abs_rel": Metric(lambda sums: sums.pixels.relative / sums.pixels.number, digits=3),
    "log10": Metric(lambda sums: sums.pixels.logs / sums.pixels.number, digits=3),
    "edge_f1": Metric(_edge_share(lambda e: (e.true + e.found) / 2), digits=3),
    "edge_precision": Metric(_edge_share(lambda e: e.found), digits=3),
    "edge_recall": Metric(_edge_share(lambda e: e.true), digits=3),
    "edge_rmse": Metric(_edge_rmse, digits=3),
}
"""Name -> function of a `Tally`, in the order of the tables' columns.

RMSEs are in metres; δ and the shares of edges in [0, 1]; lower is better for errors. Recall is the share of
the true edge pixels that are found, precision the share of the found ones that are true, F1 their harmonic
mean.
"""


def tally(pred: Depth, depth: Depth, edge_threshold: float = edges.EDGE_THRESHOLD) -> Tally:
    """Compare one prediction with the truth.

    Args:
        pred: (H, W) in metres; below 1 mm it counts as 1 mm.
        depth: (H, W) in metres; 0, negative, infinite and not-a-number pixels do not count.
        edge_threshold: see `indexnet_depth.metrics.EDGE_THRESHOLD`.

    Raises:
        UserError: the shapes differ, the prediction is not finite, or no true depth is valid.

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
        tallies: one per map.
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
    for name in METRICS:
        values = [row[name] for row in rows if not math.isnan(row[name])]
        means[name] = math.fsum(values) / len(values) if values else math.nan
    return means
