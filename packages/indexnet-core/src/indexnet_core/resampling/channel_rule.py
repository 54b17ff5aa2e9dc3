"""Fit a depthwise index map to a decoder feature that is narrower than the stage's own."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from indexnet_core.errors import ShapeError
from indexnet_core.registry import look_up

__all__ = ["ChannelRule", "check_channel_rule", "fit_channels"]

ChannelRule = Literal["mean", "max", "first", "squeeze"]
"""How neighbouring channels of the map are merged; no rule adds a parameter or a convolution."""


def _groups(index: Tensor, channels: int) -> Tensor:
    return index.unflatten(1, (channels, -1))  # (B, C', r, H, W)


CHANNEL_RULES: dict[str, Callable[[Tensor, int], Tensor]] = {
    "mean": lambda index, channels: _groups(index, channels).mean(2),
    "max": lambda index, channels: _groups(index, channels).amax(2),
    "first": lambda index, channels: index[:, :channels],
    "squeeze": lambda index, channels: index.mean(1, keepdim=True),
}
"""The rules as functions of the index map and C'."""


def fit_channels(index: Tensor, channels: int, rule: ChannelRule) -> Tensor:
    """Fit an index map of C channels to a decoder feature of width C', which divides C.

    With r = C / C', the map of decoder channel c comes from the map's channels r·c … r·c + r − 1:

    | rule        | map of the decoder                                                   |
    |-------------|----------------------------------------------------------------------|
    | ``mean``    | their mean                                                           |
    | ``max``     | their maximum                                                        |
    | ``first``   | not from these groups: the map's first C' channels                   |
    | ``squeeze`` | the mean over all channels, one map for all as in a holistic network |

    Each keeps the map's range. A map that fits is returned unchanged. FastDepth's decoder halves the width
    before it upsamples (Section 5.4); the paper does not specify how it uses depthwise maps.

    Args:
        index: decoder index map.
        channels: width C' of the decoder feature.
        rule: one of the four.

    Shape: index (B, C, H, W) -> (B, C', H, W), or (B, 1, H, W) for ``squeeze``

    Raises:
        ShapeError: C' does not divide C.
        SpecError: the rule is unknown.

    >>> import torch
    >>> index = torch.tensor([0.0, 1.0, 0.5, 0.5]).view(1, 4, 1, 1)
    >>> [fit_channels(index, 2, rule).flatten().tolist() for rule in ("mean", "max", "first", "squeeze")]
    [[0.5, 0.5], [1.0, 0.5], [0.0, 1.0], [0.5]]
    """
    check_channel_rule(rule, index.shape[1], channels)
    if index.shape[1] == channels:
        return index
    return CHANNEL_RULES[rule](index, channels)


def check_channel_rule(rule: str, channels: int | None, up_channels: int | None) -> None:
    """Raise an error if the rule is unknown, or one width does not divide the other."""
    look_up(CHANNEL_RULES, rule, "channel rule")
    if channels is not None and up_channels is not None and channels % up_channels:
        raise ShapeError(
            f"a depthwise index map of {channels} channels cannot guide a decoder feature of {up_channels} "
            f"channels by the rule {rule!r}: {up_channels} does not divide {channels}"
        )
