"""ImageNet weights for the encoders, from state dicts of torchvision and timm, or torchvision's download."""

from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError

from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_engine.models.encoder_weights import load_encoder_weights
from indexnet_engine.models.mobilenet import MOBILENET_LAYOUTS
from indexnet_engine.models.vgg import TORCHVISION_VGG, VGGEncoder
from indexnet_segmentation.models.base import SegmentationNetwork

__all__ = ["IMAGENET", "load_encoder"]

IMAGENET = "imagenet"
"""Name of torchvision's weights, which torchvision downloads."""


def load_encoder(model: SegmentationNetwork, weights: str | Path | Mapping[str, Tensor]) -> None:
    """Load ImageNet weights into the encoder.

    Args:
        model: a network on VGG-16 of width 64 or on MobileNetV2 of width 32, or of that of the weights.
        weights: ``"imagenet"`` for torchvision's, downloaded into PyTorch's cache the first time; or a file
            or state dict with the names of torchvision's ``vgg16_bn`` or ``mobilenet_v2``, or of timm's
            ``mobilenetv2_100``. The classifier's tensors are not used.

    Raises:
        UserError: if they cannot be downloaded or read, or a tensor is missing, of another shape or not
            finite.
    """
    source = None
    if not isinstance(weights, Mapping) and str(weights) == IMAGENET:
        source, weights = IMAGENET, _download(model)
    layouts = [TORCHVISION_VGG] if isinstance(model.encoder, VGGEncoder) else MOBILENET_LAYOUTS
    load_encoder_weights(model.encoder, weights, layouts, source)


def _download(model: SegmentationNetwork) -> dict[str, Tensor]:
    # Takes seconds to import: not for --help.
    from torchvision.models import MobileNet_V2_Weights, VGG16_BN_Weights

    if isinstance(model.encoder, VGGEncoder):
        name, kind = "vgg16_bn", VGG16_BN_Weights
    else:
        name, kind = "mobilenet_v2", MobileNet_V2_Weights
    try:
        state: dict[str, Tensor] = kind.IMAGENET1K_V1.get_state_dict(progress=True, check_hash=True)
    except (URLError, OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{IMAGENET}: torchvision's weights cannot be downloaded ({reason}); name a file of {name}"
        ) from error
    return state
