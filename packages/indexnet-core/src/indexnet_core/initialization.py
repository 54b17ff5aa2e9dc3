"""Initialisation: the paper's "improved Xavier" [41], which is He's, or that of the released code."""

import math
from typing import Literal, get_args

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from indexnet_core.errors import SpecError

__all__ = ["Init", "initialize", "initialize_convolution"]

Init = Literal["he", "released"]


def initialize_convolution(convolution: _ConvNd, init: Init = "he", columns: int = 1) -> None:
    """Draw a convolution's weights; set its bias, if any, to zero.

    ``he`` is a normal distribution of standard deviation √(2 / fan-in), with the fan-in of one group ([41]);
    for a transposed convolution it is the number of inputs per output value.
    ``released`` is a normal distribution of standard deviation √(2 / (k²·out_channels)), regardless of
    groups, as in the authors' code; the weights of grouped convolutions become very small.

    Args:
        convolution: the layer, changed in place.
        init: the scheme.
        columns: number of the paper's convolutions that this one computes together (the four columns of
            Fig. 7); ``released`` counts the output channels of one of them.

    Raises:
        SpecError: if the scheme is unknown.
    """
    if init == "he":
        nn.init.normal_(convolution.weight, 0.0, math.sqrt(2 / _fan_in(convolution)))
    elif init == "released":
        area = math.prod(convolution.kernel_size)
        nn.init.normal_(convolution.weight, 0.0, math.sqrt(2 * columns / (area * convolution.out_channels)))
    else:
        raise SpecError(f"unknown initialisation {init!r}; choose one of {get_args(Init)}")
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)


def _fan_in(convolution: _ConvNd) -> float:
    """Number of inputs per output value; of a transposed convolution, the mean over its phases."""
    inputs = convolution.in_channels // convolution.groups * math.prod(convolution.kernel_size)
    return inputs / math.prod(convolution.stride) if isinstance(convolution, _ConvTransposeNd) else inputs


def initialize(module: nn.Module, init: Init = "he") -> None:
    """Initialise a whole network in place: convolutions by the scheme, batch norm to scale 1 and shift 0."""
    for layer in module.modules():
        if isinstance(layer, _ConvNd):
            initialize_convolution(layer, init, columns=getattr(layer, "columns", 1))
        elif isinstance(layer, _BatchNorm):
            layer.reset_parameters()
