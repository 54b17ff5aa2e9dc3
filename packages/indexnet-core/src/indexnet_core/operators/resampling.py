"""Build the resampling of an operator by name."""

from typing import assert_never

from indexnet_core.functional.indexed import Normalization
from indexnet_core.initialization import Init
from indexnet_core.operators.index_networks import create_index_network
from indexnet_core.operators.names import (
    CoupledSpec,
    IndexSpec,
    OperatorSpec,
    PairSpec,
    Points,
    parse_operator,
)
from indexnet_core.registry import look_up
from indexnet_core.resampling.base import Resampling
from indexnet_core.resampling.channel_rule import ChannelRule, check_channel_rule
from indexnet_core.resampling.coupled import COUPLED
from indexnet_core.resampling.indexed import IndexedResampling, MultiPointResampling
from indexnet_core.resampling.pair import PairResampling

__all__ = ["create_resampling"]

_INDEXED: dict[Points, type[IndexedResampling | MultiPointResampling]] = {
    "single": IndexedResampling,
    "multi": MultiPointResampling,
}


def create_resampling(
    operator: str | OperatorSpec,
    channels: int,
    up_channels: int | None = None,
    *,
    k: int = 2,
    expansion: int = 2,
    normalization: Normalization = "sigmoid+softmax",
    init: Init = "he",
    pad: bool = False,
    channel_rule: ChannelRule | None = None,
) -> Resampling:
    """Build the resampling of one stage.

    Args:
        operator: ``max``, ``hmi``, ``max+bilinear``, ``m2o-nl-c``, …; see `indexnet_core.OPERATORS`.
        channels: width of the feature that is downsampled.
        up_channels: width of the feature that is upsampled, ``channels`` if not given.
        k: the factor.
        expansion, normalization, init: options of index networks, see `create_index_network`.
        pad: whether odd sizes are padded and cropped back.
        channel_rule: how a depthwise index map guides a narrower decoder feature, see
            `indexnet_core.resampling.channel_rule`; by default that is an error. Other operators ignore it.

    Raises:
        SpecError: if a name is unknown.
        ShapeError: if the operator cannot guide ``up_channels``.

    >>> import torch
    >>> resampling = create_resampling("o2o-shared-nl", 16)
    >>> pooled, guidance = resampling.down(torch.rand(1, 16, 8, 8))
    >>> pooled.shape, resampling.up(pooled, guidance).shape
    (torch.Size([1, 16, 4, 4]), torch.Size([1, 16, 8, 8]))
    """
    spec = parse_operator(operator) if isinstance(operator, str) else operator
    if channel_rule is not None:
        check_channel_rule(channel_rule, None, None)
    match spec:
        case IndexSpec():
            network = create_index_network(
                spec, channels, k=k, expansion=expansion, normalization=normalization, init=init
            )
            # A shared network reads any width, but its maps still have the stage's own.
            resampling = _INDEXED[spec.points]
            return resampling(network, channels, up_channels, pad=pad, channel_rule=channel_rule)
        case PairSpec():
            return PairResampling(channels, up_channels, down=spec.down, up=spec.up, k=k, pad=pad)
        case CoupledSpec():
            return look_up(COUPLED, spec.name, "coupled operator").build(channels, up_channels, k=k, pad=pad)
        case _:
            assert_never(spec)
