"""The depth networks of Table 7."""

from functools import partial
from typing import Any

from indexnet_core import SpecError
from indexnet_depth.models.encoder_weights import load_encoder
from indexnet_depth.models.fastdepth import CHANNEL_RULE, FastDepth
from indexnet_engine.models.create_network import create_network

__all__ = ["CHANNEL_RULE", "MODELS", "OPERATORS", "FastDepth", "create_model", "load_encoder"]

OPERATORS = {"fastdepth-nnconv5": "stride+nearest", "fastdepth-p-nnconv5": "max+nearest"}
"""The default operator of each network. The first keeps MobileNet's strided convolutions."""

MODELS = {name: partial(FastDepth, resampling=operator) for name, operator in OPERATORS.items()}


def create_model(model: str, **arguments: Any) -> FastDepth:
    """Build a network by its name in Table 7.

    Args:
        model: ``fastdepth-nnconv5``, or ``fastdepth-p-nnconv5``, which takes index networks.
        arguments: those of `FastDepth`; kept, with the name, as ``.config``.

    Raises:
        SpecError: if the name or an argument is unknown, or the operator belongs to the other name.

    >>> create_model("fastdepth-p-nnconv5", resampling="hin", width=0.1).config
    {'model': 'fastdepth-p-nnconv5', 'resampling': 'hin', 'width': 0.1}
    """
    network = create_network(MODELS, "depth", model, arguments)
    strided = network.resampling.conv_stride > 1
    if strided != (model == "fastdepth-nnconv5"):
        other = "fastdepth-nnconv5" if strided else "fastdepth-p-nnconv5"
        raise SpecError(f"{model} does not take the operator {network.resampling.operator!r}; {other} does")
    # A later change of the default must not change the meaning of stored weights.
    rule = {} if network.channel_rule is None else {"channel_rule": network.channel_rule}
    network.config = {"model": model, **rule, **arguments}
    return network
