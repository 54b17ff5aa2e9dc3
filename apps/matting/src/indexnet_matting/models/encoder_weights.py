"""ImageNet weights for the encoders, from state dicts of torchvision and timm."""

from collections.abc import Callable, Mapping
from itertools import accumulate
from pathlib import Path

import torch
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.weights.state_dicts import only_tensors, read_state_dict, shortened
from indexnet_matting.models.base import MattingNetwork
from indexnet_matting.models.mobilenet import LAYERS
from indexnet_matting.models.vgg import CONVOLUTIONS

__all__ = ["encoder_batch_norms", "encoder_parameters", "load_encoder"]

# Where in torchvision's flat list `features` a layer of MobileNetV2 or a stage of VGG-16 begins.
_FIRST_BLOCK = (0, *accumulate([1, *(blocks for *_, blocks in LAYERS[:-1])]))
_FIRST_CONVOLUTION = (0, *accumulate(3 * count + 1 for count in CONVOLUTIONS[:-1]))


def encoder_parameters(model: MattingNetwork) -> list[nn.Parameter]:
    """The parameters that `load_encoder` fills; the recipe trains them at a hundredth of the rate."""
    return list(model.encoder.parameters())


def encoder_batch_norms(model: MattingNetwork) -> list[nn.Module]:
    """The encoder's batch norm layers, which a training from ImageNet weights freezes (Section 5.1.1)."""
    return [layer for layer in model.encoder.modules() if isinstance(layer, nn.BatchNorm2d)]


def load_encoder(model: MattingNetwork, weights: str | Path | Mapping[str, Tensor]) -> None:
    """Load ImageNet weights; the fourth input channel, which they do not have, starts at zero.

    Args:
        model: a network on MobileNetV2 or VGG-16.
        weights: a file or state dict with the names of torchvision's ``mobilenet_v2``, timm's
            ``mobilenetv2_100`` or torchvision's ``vgg16_bn``. The classifier's tensors are not used.

    Raises:
        UserError: if the file cannot be read, or a tensor is missing or of another shape.
    """
    if isinstance(weights, str | Path):
        source, found = str(weights), read_state_dict(weights)
    else:
        source, found = "encoder weights", only_tensors(weights, "encoder weights")
    own = model.encoder.state_dict()
    name_of = _naming(own, found, source)
    names = {key: name_of(key) for key in own}
    if missing := [name for name in names.values() if name not in found and not _is_counter(name)]:
        raise UserError(f"{source}: the encoder's weights do not fit: missing {shortened(missing)}")
    tensors = {}
    for key, name in names.items():
        tensors[key] = _fitted(found[name], own[key], f"{source}: {name}") if name in found else own[key]
    model.encoder.load_state_dict(tensors)


def _naming(own: Mapping[str, Tensor], found: Mapping[str, Tensor], source: str) -> Callable[[str], str]:
    """How the found tensors are called, from the network's names and theirs."""
    if "layers.0.conv.weight" in own:
        if "features.0.0.weight" in found:
            return _torchvision_mobilenet
        if "conv_stem.weight" in found:
            return _timm_mobilenet
        expected = "torchvision's mobilenet_v2 (features.0.0.weight, …) or timm's mobilenetv2_100"
    else:
        if "features.0.weight" in found:
            return _torchvision_vgg
        expected = "torchvision's vgg16_bn (features.0.weight, …)"
    raise UserError(f"{source}: no weights for this encoder; expected the names of {expected}")


def _torchvision_mobilenet(key: str) -> str:
    """``layers.2.0.expand.conv.weight`` -> ``features.2.conv.0.0.weight``."""
    _, layer, *rest = key.split(".")
    if layer == "0":
        kind, what = rest
        return f"features.0.{0 if kind == 'conv' else 1}.{what}"
    block, part, kind, what = rest
    features = f"features.{_FIRST_BLOCK[int(layer)] + int(block)}.conv"
    before = 0 if layer == "1" else 1  # layer 1 has no expansion
    if part == "project":  # not wrapped with an activation there
        return f"{features}.{before + 1 + (kind == 'norm')}.{what}"
    return f"{features}.{0 if part == 'expand' else before}.{0 if kind == 'conv' else 1}.{what}"


def _timm_mobilenet(key: str) -> str:
    """``layers.2.0.expand.conv.weight`` -> ``blocks.1.0.conv_pw.weight``."""
    _, layer, *rest = key.split(".")
    if layer == "0":
        kind, what = rest
        return f"{'conv_stem' if kind == 'conv' else 'bn1'}.{what}"
    block, part, kind, what = rest
    parts = ("depthwise", "project") if layer == "1" else ("expand", "depthwise", "project")
    convolutions = ("conv_dw", "conv_pw") if layer == "1" else ("conv_pw", "conv_dw", "conv_pwl")
    place = parts.index(part)
    module = convolutions[place] if kind == "conv" else f"bn{place + 1}"
    return f"blocks.{int(layer) - 1}.{block}.{module}.{what}"


def _torchvision_vgg(key: str) -> str:
    """``layers.1.0.norm.bias`` -> ``features.8.bias``."""
    _, stage, place, kind, what = key.split(".")
    return f"features.{_FIRST_CONVOLUTION[int(stage)] + 3 * int(place) + (kind == 'norm')}.{what}"


def _fitted(tensor: Tensor, own: Tensor, what: str) -> Tensor:
    """The tensor, with a fourth input channel of zeros where it is the first convolution's."""
    first = own.ndim == 4 and own.shape[1] == 4 and tensor.ndim == 4 and tensor.shape[1] == 3
    if first:
        tensor = torch.cat([tensor, torch.zeros_like(tensor[:, :1])], 1)
    if tensor.shape != own.shape:
        raise UserError(f"{what} has the shape {tuple(tensor.shape)}, the encoder's is {tuple(own.shape)}")
    return tensor


def _is_counter(name: str) -> bool:
    """Batch norm's counter of batches, which old files do not have."""
    return name.endswith("num_batches_tracked")
