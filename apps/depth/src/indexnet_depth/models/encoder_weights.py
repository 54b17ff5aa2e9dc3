"""ImageNet weights for the encoder, from a state dict with FastDepth's names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from indexnet_engine.models.encoder_weights import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    WeightLayout,
    load_encoder_weights,
)

__all__ = ["InputScale", "load_encoder"]

InputScale = Literal["imagenet", "unit"]
"""Colours that the weights were trained on: normalised by ImageNet's mean and standard deviation, or RGB in
[0, 1]."""


def load_encoder(
    model: nn.Module, weights: str | Path | Mapping[str, Tensor], *, trained_on: InputScale = "imagenet"
) -> None:
    """Load ImageNet weights of MobileNet-v1.

    FastDepth's networks take RGB in [0, 1]. Weights that were trained on normalised colours are converted so
    that they give the same features: the first convolution is divided by the deviation, and the batch norm
    after it takes the mean. (At the border of the image, zero padding then stands for black, not for the mean
    colour.)

    Args:
        model: a network of this package.
        weights: a file or state dict with the names of FastDepth's ImageNet checkpoint,
            ``model.0.0.weight`` … ``model.13.4.bias``. The classifier's tensors are not used.
        trained_on: the colours that the weights expect.

    Raises:
        UserError: if the file cannot be read, or a tensor is missing, of another shape or not finite.
    """
    encoder = model.get_submodule("encoder")
    load_encoder_weights(encoder, weights, [_FASTDEPTH])
    if trained_on == "imagenet":
        _take_unit_colours(encoder)


def _fastdepth_name(key: str) -> str:
    """``units.2.pointwise.norm.bias`` -> ``model.2.4.bias``."""
    _, unit, *rest = key.split(".")
    what = rest[-1]
    first = 3 if rest[0] == "pointwise" else 0
    return f"model.{unit}.{first + (rest[-2] == 'norm')}.{what}"


_FASTDEPTH = WeightLayout("FastDepth's MobileNet", "model.0.0.weight", _fastdepth_name)


@torch.no_grad()
def _take_unit_colours(encoder: nn.Module) -> None:
    """W·(x − mean)/std = (W/std)·x − ΣW·mean/std; batch norm subtracts its running mean from that."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    weight = encoder.get_parameter("units.0.conv.weight")
    weight.div_(std)
    encoder.get_buffer("units.0.norm.running_mean").add_((weight * mean).sum((1, 2, 3)))
