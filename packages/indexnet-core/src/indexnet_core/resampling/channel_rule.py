"""Fit a depthwise index map to a decoder feature that is narrower than the stage's own."""

from typing import Literal, get_args

from torch import Tensor

from indexnet_core.errors import ShapeError, SpecError

__all__ = ["ChannelRule", "check_channel_rule", "fit_channels"]

ChannelRule = Literal["mean", "max", "first", "squeeze"]
"""How neighbouring channels of the map are merged; no rule adds a parameter or a convolution."""


def fit_channels(index: Tensor, channels: int, rule: ChannelRule) -> Tensor:
    """Fit an index map of C channels to a decoder feature of width C', which divides C.

    With r = C / C', the map of decoder channel c comes from the map's channels r·c … r·c + r − 1:

    | rule        | map of the decoder                                                   |
    |-------------|----------------------------------------------------------------------|
    | ``mean``    | their mean                                                           |
    | ``max``     | their maximum                                                        |
    | ``first``   | not from these groups: the map's first C' channels                   |
    | ``squeeze`` | the mean over all channels, one map for all as in a holistic network |

    Each keeps the map's range. A map that fits is returned unchanged. The paper does not say how
    FastDepth (Section 5.4), whose decoder halves the width before it upsamples, uses its depthwise maps.

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
    if rule == "first":
        return index[:, :channels]
    if rule == "squeeze":
        return index.mean(1, keepdim=True)
    groups = index.unflatten(1, (channels, -1))  # (B, C', r, H, W)
    return groups.mean(2) if rule == "mean" else groups.amax(2)


def check_channel_rule(rule: str, channels: int | None, up_channels: int | None) -> None:
    """Raise if the rule is unknown, or the widths do not divide."""
    if rule not in get_args(ChannelRule):
        raise SpecError(f"unknown channel rule {rule!r}; choose one of {get_args(ChannelRule)}")
    if channels is not None and up_channels is not None and channels % up_channels:
        raise ShapeError(
            f"a depthwise index map of {channels} channels cannot guide a decoder feature of {up_channels} "
            f"channels by the rule {rule!r}: {up_channels} does not divide {channels}"
        )
