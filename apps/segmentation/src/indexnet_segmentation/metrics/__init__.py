"""Measures of semantic segmentation: IoU, accuracies, boundaries."""

from indexnet_segmentation.metrics.boundary import TOLERANCE, boundary_f1, boundary_iou_counts
from indexnet_segmentation.metrics.confusion import (
    class_accuracy,
    confusion_matrix,
    intersection_over_union,
    pixel_accuracy,
)
from indexnet_segmentation.metrics.scores import BOUNDARY_METRICS, METRICS, REGION_METRICS, Scores

__all__ = [
    "BOUNDARY_METRICS",
    "METRICS",
    "REGION_METRICS",
    "TOLERANCE",
    "Scores",
    "boundary_f1",
    "boundary_iou_counts",
    "class_accuracy",
    "confusion_matrix",
    "intersection_over_union",
    "pixel_accuracy",
]
