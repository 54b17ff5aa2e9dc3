"""The registry of metrics of mattes: SAD, MSE, Grad and Conn as published."""

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.reports.metric_tables import Metric
from indexnet_matting.metrics.connectivity import connectivity_error
from indexnet_matting.metrics.gradient import gradient_error
from indexnet_matting.metrics.mattes import Matte, prepare
from indexnet_matting.metrics.pixelwise import mse, sad

__all__ = ["METRICS", "connectivity_error", "gradient_error", "measure", "mse", "sad"]

METRICS: dict[str, Metric] = {
    "sad": Metric(sad, digits=2),
    "mse": Metric(mse),
    "grad": Metric(gradient_error, digits=2),
    "conn": Metric(connectivity_error, digits=2),
}
"""Name -> function of prediction, true matte and trimap, in the order of the tables; lower is better."""


def measure(pred: Matte, alpha: Matte, trimap: NDArray[np.uint8]) -> dict[str, float]:
    """Compute all `METRICS` of one matte.

    Known pixels of the prediction take the trimap's value, mattes are rounded to 8 bits, and only unknown
    pixels count. All but the mean squared error are sums in thousands and grow with the image.

    Args:
        pred: the prediction (H, W), uint8 or floats in [0, 1] (values beyond are clipped).
        alpha: the truth (H, W), likewise.
        trimap: uint8 (H, W): 0, 255, and anything between for unknown.

    Raises:
        UserError: the shapes differ, a value is not finite, or nothing is unknown.
    """
    pred, alpha, _ = prepare(pred, alpha, trimap)  # rounded once; each metric prepares them again at no cost
    return {name: metric.function(pred, alpha, trimap) for name, metric in METRICS.items()}
