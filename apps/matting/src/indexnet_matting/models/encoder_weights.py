"""ImageNet weights for the encoders, from state dicts of torchvision and timm."""

from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from torch import Tensor, nn

from indexnet_engine.models.encoder_weights import WeightLayout, load_encoder_weights
from indexnet_engine.models.vgg import TORCHVISION_VGG, VGGEncoder
from indexnet_matting.models.base import MattingNetwork
from indexnet_matting.models.mobilenet import LAYERS

__all__ = ["encoder_parameters", "load_encoder"]

# Where in torchvision's flat list `features` a layer of MobileNetV2 begins.
_FIRST_BLOCK = (0, *accumulate([1, *(blocks for *_, blocks in LAYERS[:-1])]))


def encoder_parameters(model: MattingNetwork) -> list[nn.Parameter]:
    """Return the parameters that `load_encoder` fills; the recipe trains them at a hundredth of the rate."""
    return list(model.encoder.parameters())


def load_encoder(model: MattingNetwork, weights: str | Path | Mapping[str, Tensor]) -> None:
    """Load ImageNet weights; the fourth input channel, which they do not have, starts at zero.

    Args:
        model: a network on MobileNetV2 or VGG-16.
        weights: a file or state dict with the names of torchvision's ``mobilenet_v2``, timm's
            ``mobilenetv2_100`` or torchvision's ``vgg16_bn``. The classifier's tensors are not used.

    Raises:
        UserError: if the file cannot be read, or a tensor is missing, of another shape or not finite.
    """
    layouts = [TORCHVISION_VGG] if isinstance(model.encoder, VGGEncoder) else _MOBILENET
    load_encoder_weights(model.encoder, weights, layouts)


class _Place(NamedTuple):
    """The position of a tensor of our MobileNetV2: ``layers.2.0.expand.conv.weight``.

    Attributes:
        layer: number of the layer; 0 is a convolution without blocks.
        block: number of the block in the layer.
        part: ``expand``, ``depthwise`` or ``project``; empty in layer 0.
        kind: ``conv`` or ``norm``.
        what: name of the tensor in its module.
    """

    layer: int
    block: int
    part: str
    kind: str
    what: str

    @classmethod
    def of(cls, key: str) -> "_Place":
        """Split a key of the encoder's state dict."""
        _, layer, *inner, kind, what = key.split(".")
        block, part = inner or ("0", "")
        return cls(int(layer), int(block), part, kind, what)


def _torchvision_mobilenet(key: str) -> str:
    """``layers.2.0.expand.conv.weight`` -> ``features.2.conv.0.0.weight``."""
    layer, block, part, kind, what = _Place.of(key)
    if layer == 0:
        return f"features.0.{0 if kind == 'conv' else 1}.{what}"
    features = f"features.{_FIRST_BLOCK[layer] + block}.conv"
    before = 0 if layer == 1 else 1  # layer 1 has no expansion
    if part == "project":  # not wrapped with an activation there
        return f"{features}.{before + 1 + (kind == 'norm')}.{what}"
    return f"{features}.{0 if part == 'expand' else before}.{0 if kind == 'conv' else 1}.{what}"


def _timm_mobilenet(key: str) -> str:
    """``layers.2.0.expand.conv.weight`` -> ``blocks.1.0.conv_pw.weight``."""
    layer, block, part, kind, what = _Place.of(key)
    if layer == 0:
        return f"{'conv_stem' if kind == 'conv' else 'bn1'}.{what}"
    parts = ("depthwise", "project") if layer == 1 else ("expand", "depthwise", "project")
    convolutions = ("conv_dw", "conv_pw") if layer == 1 else ("conv_pw", "conv_dw", "conv_pwl")
    place = parts.index(part)
    module = convolutions[place] if kind == "conv" else f"bn{place + 1}"
    return f"blocks.{layer - 1}.{block}.{module}.{what}"


_MOBILENET = [
    WeightLayout("torchvision's mobilenet_v2", "features.0.0.weight", _torchvision_mobilenet),
    WeightLayout("timm's mobilenetv2_100", "conv_stem.weight", _timm_mobilenet),
]
