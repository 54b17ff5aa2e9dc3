"""A DnCNN as its convolutions alone: every reader of another program's file returns them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_denoising.models import create_model
from indexnet_engine.errors import UserError

__all__ = ["Convolution", "build", "check_chain", "denoise"]


class Convolution(NamedTuple):
    """One 3×3 convolution: weight (out, in, 3, 3) and bias (out,), float32."""

    weight: Tensor
    bias: Tensor


def check_chain(layers: Sequence[Convolution], source: str | Path) -> None:
    """Check that these are the convolutions of a DnCNN, whose hidden layers all have one width.

    Args:
        layers: in order.
        source: the file, with which the message starts.

    Raises:
        UserError: a layer has another shape than `DnCNN` has there, or values that are not finite.
    """
    if len(layers) < 2:
        raise UserError(f"{source}: {len(layers)} convolution(s); a DnCNN has more")
    width, channels = layers[0].weight.shape[:2]
    if channels not in (1, 3):
        raise UserError(f"{source}: takes {channels} channels; expected 1 (gray) or 3 (colour)")
    for number, (weight, bias) in enumerate(layers, 1):
        outputs = channels if number == len(layers) else width
        expected = (outputs, channels if number == 1 else width, 3, 3)
        if weight.shape != expected or bias.shape != (outputs,):
            shapes = f"weight {tuple(weight.shape)} and bias {tuple(bias.shape)}"
            raise UserError(
                f"{source}: convolution {number} of {len(layers)} has {shapes}; "
                f"expected {expected} and ({outputs},)"
            )
        if not (weight.isfinite().all() and bias.isfinite().all()):
            raise UserError(f"{source}: convolution {number} of {len(layers)} has values that are not finite")


def build(layers: Sequence[Convolution]) -> nn.Module:
    """Build `DnCNN` with these weights, in evaluation mode; see `check_chain`."""
    width, channels = layers[0].weight.shape[:2]
    model = create_model("dncnn", channels=channels, width=width, depth=len(layers), norm=False, bias=True)
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)]
    tensors = {
        f"{name}.{part}": tensor
        for name, layer in zip(names, layers, strict=True)
        for part, tensor in layer._asdict().items()
    }
    model.load_state_dict(tensors, strict=True)
    return model.eval()


def denoise(layers: Sequence[Convolution], noisy: Tensor) -> Tensor:
    """Run the network with plain convolutions, as an independent check of the converted model.

    Shape:
        noisy (B, C, H, W) in [0, 1] plus noise -> prediction (B, C, H, W), not clipped
    """
    x = noisy
    for weight, bias in layers[:-1]:
        x = F.relu(F.conv2d(x, weight, bias, padding=1))
    return noisy - F.conv2d(x, *layers[-1], padding=1)
