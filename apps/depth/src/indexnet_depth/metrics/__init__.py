"""Measures of depth maps: errors over all pixels, and at depth discontinuities."""

from indexnet_depth.metrics.edges import EDGE_THRESHOLD, EDGE_WIDTH, edge_threshold
from indexnet_depth.metrics.scaling import median_scaled
from indexnet_depth.metrics.tally import METRICS, Average, Tally, average, tally

__all__ = [
    "EDGE_THRESHOLD",
    "EDGE_WIDTH",
    "METRICS",
    "Average",
    "Tally",
    "average",
    "edge_threshold",
    "median_scaled",
    "tally",
]
