"""ImageNet weights for the encoder, from torchvision's VGG-16 with batch norm."""

from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from urllib.error import URLError

from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.weights.state_dicts import only_tensors, read_state_dict, shortened
from indexnet_segmentation.models.segnet import SegNet
from indexnet_segmentation.models.vgg import CONVOLUTIONS

__all__ = ["IMAGENET", "encoder_batch_norms", "load_encoder"]

IMAGENET = "imagenet"
"""The word for torchvision's own weights, which torchvision downloads."""

# Where in torchvision's flat list `features` a stage begins: three modules a convolution, and the pooling.
_FIRST = (0, *accumulate(3 * count + 1 for count in CONVOLUTIONS[:-1]))


def encoder_batch_norms(model: SegNet) -> list[nn.Module]:
    """The encoder's batch norm layers, which a training from ImageNet weights freezes (Section 5.3.1)."""
    return [layer for layer in model.encoder.modules() if isinstance(layer, nn.BatchNorm2d)]


def load_encoder(model: SegNet, weights: str | Path | Mapping[str, Tensor]) -> None:
    """Load ImageNet weights into the encoder.

    Args:
        model: a network of width 64, or of that of the weights.
        weights: ``"imagenet"`` for torchvision's, downloaded into PyTorch's cache the first time; or a file
            or state dict with the names of torchvision's ``vgg16_bn``. The classifier's tensors are not used.

    Raises:
        UserError: if they cannot be had or read, or a tensor is missing, of another shape or not finite.
    """
    if isinstance(weights, Mapping):
        source, found = "encoder weights", only_tensors(weights, "encoder weights")
    elif str(weights) == IMAGENET:
        source, found = IMAGENET, _download()
    else:
        source, found = str(weights), read_state_dict(weights)
    own = model.encoder.state_dict()
    tensors = {}
    for key, tensor in own.items():
        name = _torchvision_name(key)
        if name in found:
            tensors[key] = _fitted(found[name], tensor, f"{source}: {name}")
        elif key.endswith("num_batches_tracked"):
            # Old files do not have the counter.
            tensors[key] = tensor
    if missing := [_torchvision_name(key) for key in own if key not in tensors]:
        raise UserError(
            f"{source}: no weights for this encoder, missing {shortened(missing)}; expected the names of "
            "torchvision's vgg16_bn"
        )
    model.encoder.load_state_dict(tensors)


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
            f"{IMAGENET}: torchvision's weights cannot be downloaded ({reason}); give a file of vgg16_bn"
        ) from error
    return state


def _torchvision_name(key: str) -> str:
    """``layers.1.0.norm.bias`` -> ``features.8.bias``."""
    _, stage, place, kind, what = key.split(".")
    return f"features.{_FIRST[int(stage)] + 3 * int(place) + (kind == 'norm')}.{what}"


def _fitted(tensor: Tensor, own: Tensor, what: str) -> Tensor:
    if tensor.shape != own.shape:
        raise UserError(f"{what} has the shape {tuple(tensor.shape)}, the encoder's is {tuple(own.shape)}")
    if not tensor.isfinite().all():
        raise UserError(f"{what} holds values that are not finite")
    return tensor
