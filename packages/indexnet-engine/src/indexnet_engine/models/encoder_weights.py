"""ImageNet weights for encoders, from state dicts of other packages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from indexnet_engine.errors import UserError, shortened
from indexnet_engine.models.batch_norm import batch_norms
from indexnet_engine.weights.state_dicts import only_tensors, read_state_dict

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "WeightLayout",
    "encoder_batch_norms",
    "load_encoder_weights",
]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of R, G and B in [0, 1]."""

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Standard deviation of R, G and B in [0, 1]."""


@dataclass(frozen=True)
class WeightLayout:
    """A package's names of an encoder's tensors.

    Attributes:
        package: the package's network, for messages: ``torchvision's vgg16_bn``.
        first: the name of its first weight, which distinguishes the layout from others.
        name_of: maps the encoder's own name of a tensor to the package's name.
    """

    package: str
    first: str
    name_of: Callable[[str], str]


def encoder_batch_norms(model: nn.Module) -> list[nn.Module]:
    """Batch norm layers of ``model.encoder``, which are frozen when training starts from ImageNet weights."""
    return batch_norms(model.get_submodule("encoder"))


def load_encoder_weights(
    encoder: nn.Module,
    weights: str | Path | Mapping[str, Tensor],
    layouts: Sequence[WeightLayout],
    source: str | None = None,
) -> None:
    """Load ImageNet weights; the weights of input channels beyond RGB are set to zero.

    Args:
        encoder: the network's encoder.
        weights: a file or state dict in one of the layouts. Tensors that the encoder does not have (the
            classifier's) are not used.
        layouts: the layouts that fit the encoder.
        source: name of the weights in errors; by default the file.

    Raises:
        UserError: if the file cannot be read, or a tensor is missing, of another shape or not finite.
    """
    if isinstance(weights, str | Path):
        source, found = source or str(weights), read_state_dict(weights)
    else:
        source = source or "encoder weights"
        found = only_tensors(weights, source)
    layout = _layout_of(found, layouts, source)
    own = encoder.state_dict()
    names = {key: layout.name_of(key) for key in own}
    # Old files do not have batch norm's counter of batches.
    missing = [
        name for key, name in names.items() if name not in found and not key.endswith("num_batches_tracked")
    ]
    if missing:
        raise UserError(
            f"{source}: the encoder's weights do not fit: missing {shortened(missing)}; "
            f"expected the names of {layout.package}"
        )
    tensors = {key: found.get(name, own[key]) for key, name in names.items()}
    first = next(iter(own))
    tensors[first] = _with_input_channels(tensors[first], own[first])
    for key, name in names.items():
        _check(tensors[key], own[key], f"{source}: {name}")
    encoder.load_state_dict(tensors)


def _layout_of(found: Mapping[str, Tensor], layouts: Sequence[WeightLayout], source: str) -> WeightLayout:
    for layout in layouts:
        if layout.first in found:
            return layout
    expected = " or ".join(f"{layout.package} ({layout.first}, …)" for layout in layouts)
    raise UserError(f"{source}: no weights for this encoder; expected the names of {expected}")


def _with_input_channels(tensor: Tensor, own: Tensor) -> Tensor:
    """The first convolution's weight, with zeros for the network's input channels beyond RGB."""
    more = own.shape[1] - 3
    if more <= 0 or tensor.ndim != 4 or tensor.shape[1] != 3:
        return tensor
    return torch.cat([tensor, tensor.new_zeros(tensor.shape[0], more, *tensor.shape[2:])], 1)


def _check(tensor: Tensor, own: Tensor, what: str) -> None:
    if tensor.shape != own.shape:
        raise UserError(f"{what} has the shape {tuple(tensor.shape)}, the encoder's is {tuple(own.shape)}")
    if not tensor.isfinite().all():
        raise UserError(f"{what} holds values that are not finite")
