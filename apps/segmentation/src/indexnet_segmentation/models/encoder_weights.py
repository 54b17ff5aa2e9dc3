"""ImageNet weights for the encoder, from torchvision's VGG-16 with batch norm."""

from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError

from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_engine.models.encoder_weights import load_encoder_weights
from indexnet_engine.models.vgg import TORCHVISION_VGG
from indexnet_segmentation.models.segnet import SegNet

__all__ = ["IMAGENET", "load_encoder"]

IMAGENET = "imagenet"
"""Name of torchvision's weights, which torchvision downloads."""


def load_encoder(model: SegNet, weights: str | Path | Mapping[str, Tensor]) -> None:
    """Load ImageNet weights into the encoder.

    Args:
        model: a network of width 64, or of that of the weights.
        weights: ``"imagenet"`` for torchvision's, downloaded into PyTorch's cache the first time; or a file
            or state dict with the names of torchvision's ``vgg16_bn``. The classifier's tensors are not used.

    Raises:
        UserError: if they cannot be downloaded or read, or a tensor is missing, of another shape or not
            finite.
    """
    source = None
    if not isinstance(weights, Mapping) and str(weights) == IMAGENET:
        source, weights = IMAGENET, _download()
    load_encoder_weights(model.encoder, weights, [TORCHVISION_VGG], source)


def _download() -> dict[str, Tensor]:
    # Takes seconds to import: not for --help.
    from torchvision.models import VGG16_BN_Weights

    try:
        state: dict[str, Tensor] = VGG16_BN_Weights.IMAGENET1K_V1.get_state_dict(
            progress=True, check_hash=True
        )
    except (URLError, OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{IMAGENET}: torchvision's weights cannot be downloaded ({reason}); name a file of vgg16_bn"
        ) from error
    return state
