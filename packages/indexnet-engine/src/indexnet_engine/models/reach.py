"""How far a network sees: the distance of the furthest input pixel on which an output pixel depends."""

from collections.abc import Sequence
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core import ResamplingStages

__all__ = ["encoder_decoder_reach", "resampling_reach"]


def encoder_decoder_reach(convolutions: Sequence[int], resampling: str) -> int:
    """Return how far an encoder-decoder of 3×3 convolutions sees, in pixels.

    Args:
        convolutions: number of convolutions on the way at each level, from full resolution down; each level
            has half the resolution of the one above it.
        resampling: name of the operator between the levels.

    >>> encoder_decoder_reach([17], "max"), encoder_decoder_reach([5, 4, 5, 3], "max")
    (17, 64)
    """
    at_levels = sum(count * 2**level for level, count in enumerate(convolutions))
    between = sum(2**level for level in range(len(convolutions) - 1))
    return at_levels + resampling_reach(resampling) * between


@cache
def resampling_reach(operator: str) -> int:
    """Measure how far downsampling by 2 and upsampling see together, in pixels before downsampling.

    It is 1 for operators that stay inside the 2×2 regions, more for those with context. "Not a number" in one
    pixel spreads to all that depend on it; so a new operator need not state its reach.

    >>> [resampling_reach(name) for name in ("max", "o2o-shared", "m2o-nl-c", "max+bilinear")]
    [1, 1, 2, 2]
    """
    side, middle = 32, 16
    # Neither the random numbers of the caller's network nor its device must change.
    with torch.random.fork_rng(devices=[]), torch.device("cpu"), torch.no_grad():
        stage = ResamplingStages(operator, [4])[0].eval()
        x = torch.zeros(2, 4, side, side)
        for phase in range(2):  # the first and the last pixel of a region
            x[phase, :, middle + phase, middle + phase] = torch.nan
        # Pooling stands for the network's own convolution before a ``stride+…``.
        output = stage.up(*stage.down(F.avg_pool2d(x, stage.conv_stride)))
    # Max unpooling moves the one NaN back to its place, but any pixel of a region can decide.
    return max(1, *(_distance(output[phase], middle + phase) for phase in range(2)))


def _distance(feature: Tensor, place: int) -> int:
    """Return the largest distance between NaN in a feature (C, H, W) and a place on the diagonal."""
    rows_and_columns = feature.isnan().any(0).nonzero()
    return int((rows_and_columns - place).abs().max())
