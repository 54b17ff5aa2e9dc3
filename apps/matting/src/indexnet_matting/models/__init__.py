"""The matting networks of Tables 2, 3 and 4."""

from collections.abc import Callable
from functools import partial
from typing import Any

from indexnet_engine.models.create_network import create_network
from indexnet_engine.models.encoder_weights import encoder_batch_norms
from indexnet_matting.models.base import MattingNetwork
from indexnet_matting.models.deeplab import DeepLabMatting
from indexnet_matting.models.encoder_weights import encoder_parameters, load_encoder
from indexnet_matting.models.input import network_input
from indexnet_matting.models.mobilenet_matting import MobileNetMatting
from indexnet_matting.models.refinenet import RefineNetMatting
from indexnet_matting.models.vgg import VGGMatting

__all__ = [
    "MODELS",
    "DeepLabMatting",
    "MattingNetwork",
    "MobileNetMatting",
    "RefineNetMatting",
    "VGGMatting",
    "create_model",
    "encoder_batch_norms",
    "encoder_parameters",
    "load_encoder",
    "network_input",
]

MODELS: dict[str, Callable[..., MattingNetwork]] = {
    "b1": DeepLabMatting,
    "b2": RefineNetMatting,
    "b3": partial(VGGMatting, resampling="max"),
    "b4": partial(VGGMatting, resampling="max+bilinear"),
    "b5": partial(MobileNetMatting, fusion="none", context="none"),
    "b6": partial(MobileNetMatting, resampling="max+bilinear", fusion="none", context="none"),
    "b7": partial(MobileNetMatting, fusion="none", context="aspp"),
    "b8": partial(MobileNetMatting, fusion="skip", context="none"),
    "b9": partial(MobileNetMatting, fusion="skip", context="aspp"),
    "b10": partial(MobileNetMatting, fusion="concat", context="none"),
    "b11": partial(MobileNetMatting, fusion="concat", context="aspp"),
    "b11-1.4": partial(MobileNetMatting, fusion="concat", context="aspp", width=1.4),
    "hmi": partial(MobileNetMatting, resampling="hmi", fusion="concat", context="aspp"),
}


def create_model(model: str, **arguments: Any) -> MattingNetwork:
    """Build a network by its name in Tables 2 and 3.

    Args:
        model: ``b1`` … ``b11``, ``b11-1.4`` or ``hmi``.
        arguments: arguments of its class, which override those of the name; kept, with the name, as
            ``.config``.

    Raises:
        SpecError: if the name or an argument is unknown.

    >>> create_model("b11", resampling="m2o-nl-c", width=0.25).config
    {'model': 'b11', 'resampling': 'm2o-nl-c', 'width': 0.25}
    """
    return create_network(MODELS, "matting", model, arguments)
