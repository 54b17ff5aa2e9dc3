"""ImageNet weights for the encoder, from a state dict with FastDepth's names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.weights.state_dicts import only_tensors, read_state_dict, shortened

__all__ = ["IMAGENET_MEAN", "IMAGENET_STD", "InputScale", "load_encoder"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of R, G and B in [0, 1]."""

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Standard deviation of R, G and B in [0, 1]."""

InputScale = Literal["imagenet", "unit"]
"""What the weights have been trained on: colours less their mean, over their deviation; or RGB in [0, 1]."""


def load_encoder(
    model: nn.Module, weights: str | Path | Mapping[str, Tensor], *, trained_on: InputScale = "imagenet"
) -> None:
    """Load ImageNet weights of MobileNet-v1.

    FastDepth's networks take RGB in [0, 1] as it is. Weights that were trained on normalised colours are
    changed so that they give the same features for it: the first convolution is divided by the deviation, and
    the mean goes into the batch norm after it. (At the border of the image zeros stand for black then, not
    for the mean colour.)

    Args:
        model: a network of this package.
        weights: a file or state dict with the names of FastDepth's ImageNet checkpoint,
            ``model.0.0.weight`` … ``model.13.4.bias``. The classifier's tensors are not used.
        trained_on: what the weights expect.

    Raises:
        UserError: if the file cannot be read, a tensor is missing, or its shape is another one.
    """
    if isinstance(weights, str | Path):
        source, found = str(weights), read_state_dict(weights)
    else:
        source, found = "encoder weights", only_tensors(weights, "encoder weights")
    if "model.0.0.weight" not in found:
        raise UserError(
            f"{source}: no weights for this encoder; expected the names of FastDepth's MobileNet "
            "(model.0.0.weight, …)"
        )
    encoder: nn.Module = model.encoder  # type: ignore[assignment]
    own = encoder.state_dict()
    names = {key: _fastdepth_name(key) for key in own}
    # Old files do not have batch norm's counter of batches.
    counters = {key for key in own if key.endswith("num_batches_tracked")}
    if missing := [name for key, name in names.items() if name not in found and key not in counters]:
        raise UserError(f"{source}: the encoder's weights do not fit: missing {shortened(missing)}")
    tensors = {}
    for key, name in names.items():
        tensor = found.get(name, own[key])
        if tensor.shape != own[key].shape:
            shapes = f"the shape {tuple(tensor.shape)}, the encoder's is {tuple(own[key].shape)}"
            raise UserError(f"{source}: {name} has {shapes}")
        tensors[key] = tensor.float() if tensor.is_floating_point() else tensor
    if trained_on == "imagenet":
        _take_unit_colours(tensors)
    encoder.load_state_dict(tensors)


def _fastdepth_name(key: str) -> str:
    """``units.2.pointwise.norm.bias`` -> ``model.2.4.bias``."""
    _, unit, *rest = key.split(".")
    what = rest[-1]
    first = 3 if rest[0] == "pointwise" else 0
    return f"model.{unit}.{first + (rest[-2] == 'norm')}.{what}"


def _take_unit_colours(tensors: dict[str, Tensor]) -> None:
    """W·(x − mean)/std = (W/std)·x − ΣW·mean/std; batch norm takes its running mean off what comes."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    weight = tensors["units.0.conv.weight"] / std
    tensors["units.0.conv.weight"] = weight
    tensors["units.0.norm.running_mean"] = tensors["units.0.norm.running_mean"] + (weight * mean).sum(
        (1, 2, 3)
    )
