"""Scaling a prediction to the truth, for networks whose scale depends on a lens that is not known."""

import numpy as np

from indexnet_depth.metrics.pixelwise import MIN_DEPTH, Depth
from indexnet_engine.errors import UserError

__all__ = ["median_scaled"]


def median_scaled(pred: Depth, depth: Depth) -> Depth:
    """Multiply a prediction so that its median over the valid pixels is that of the truth.

    (Zhou et al., CVPR 2017; Eigen et al., NIPS 2014, scale likewise.) Any constant then becomes the median of
    the truth.

    Args:
        pred: (H, W) in any unit.
        depth: (H, W) in metres; 0, negative, infinite and not-a-number pixels do not count.

    Raises:
        UserError: the shapes differ, or no depth is valid.

    >>> median_scaled(np.full((1, 3), 7.0), np.array([[1.0, 2.0, 0.0]])).tolist()
    [[1.5, 1.5, 1.5]]
    """
    if pred.shape != depth.shape:
        raise UserError(
            f"prediction and depth must have one shape (H, W), got {pred.shape} and {depth.shape}"
        )
    valid = np.isfinite(depth) & (depth > 0)
    if not valid.any():
        raise UserError("no pixel with a valid depth: there is nothing to measure")
    scale = np.median(depth[valid]) / max(float(np.median(pred[valid])), MIN_DEPTH)
    return pred * pred.dtype.type(scale)
