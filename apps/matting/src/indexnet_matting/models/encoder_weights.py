"""ImageNet weights for the encoders, from state dicts of torchvision and timm."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from indexnet_engine.models.encoder_weights import load_encoder_weights
from indexnet_engine.models.mobilenet import MOBILENET_LAYOUTS
from indexnet_engine.models.vgg import TORCHVISION_VGG, VGGEncoder
from indexnet_matting.models.base import MattingNetwork

__all__ = ["encoder_parameters", "load_encoder"]


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
    layouts = [TORCHVISION_VGG] if isinstance(model.encoder, VGGEncoder) else MOBILENET_LAYOUTS
    load_encoder_weights(model.encoder, weights, layouts)
