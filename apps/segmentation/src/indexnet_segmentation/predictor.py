"""From a photograph to a class for each pixel with a trained network."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import to_tensor
from indexnet_engine.inference.device import device_of, stride_of
from indexnet_engine.inference.tiling import check_tiling as check_tile_sizes
from indexnet_engine.inference.tiling import predict_tiled
from indexnet_engine.weights.pretrained import CONFIG_FILE, from_pretrained, load_config
from indexnet_segmentation.data.augment import normalise
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.models import SegNet, create_model

__all__ = [
    "OVERLAP",
    "TILE",
    "Segmenter",
    "check_tiling",
    "class_count",
    "class_probabilities",
    "load_model",
    "load_segmenter",
    "network_input",
    "read_classes",
]

# SegNet looks up to 234 pixels far (max+bilinear; 202 with index networks); the margin of a tile is 7/16 of
# the overlap.
OVERLAP = 544
"""Pixels that tiles share, so that they equal the whole image."""

TILE = 1152
"""Side of a tile in pixels."""


class Segmenter(NamedTuple):
    """A trained network and what it was trained for."""

    model: SegNet
    classes: Classes
    scale: float
    """Factor by which images are enlarged before the network sees them."""


def load_model(weights: str | Path, device: str = "cpu") -> SegNet:
    """Load a trained network, in evaluation mode.

    Args:
        weights: a folder with ``model.safetensors`` and ``config.json``, such as a run's.
        device: where to put it.

    Raises:
        UserError: if the folder does not hold the weights of a segmentation network.
    """
    model = cast(SegNet, from_pretrained(weights, _create, task="segmentation"))
    return model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def load_segmenter(weights: str | Path, device: str = "cpu") -> Segmenter:
    """Load a trained network with its classes.

    Raises:
        UserError: as `load_model`, or ``config.json`` does not name the classes of the network.
    """
    model = load_model(weights, device)
    classes, scale = read_classes(load_config(weights), Path(weights) / CONFIG_FILE, class_count(model))
    return Segmenter(model, classes, scale)


def read_classes(config: Mapping[str, Any], file: Path, count: int) -> tuple[Classes, float]:
    """Read the classes of a network, and the factor by which images are enlarged before it sees them.

    Args:
        config: the entries of ``config.json``.
        file: where they stand, to be named in errors.
        count: number of classes of the network.

    Raises:
        UserError: they cannot be read, or do not name the classes of the network.
    """
    names, palette, scale = (config.get(key) for key in ("classes", "palette", "scale"))
    try:
        classes = Classes(
            tuple(str(name) for name in names or ()),
            tuple((int(red), int(green), int(blue)) for red, green, blue in palette or ()),
        )
        factor = 1.0 if scale is None else float(scale)
    except (TypeError, ValueError) as error:
        raise UserError(f"{file}: classes, palette or scale cannot be read ({error})") from error
    if len(classes.names) != count or len(classes.palette) != count:
        raise UserError(f"{file}: does not name the {count} classes of the network with their colours")
    if not 0 < factor < math.inf:
        raise UserError(f"{file}: scale must be positive, got {factor}")
    return classes, factor


def class_count(model: nn.Module) -> int:
    """Number of classes that a network scores, exported or not."""
    exported = getattr(model, "out_channels", None)
    return int(model.prediction.out_channels if exported is None else exported)  # type: ignore[union-attr, arg-type]


def check_tiling(model: nn.Module, tile: int, overlap: int = OVERLAP) -> None:
    """Refuse sizes of tiles with which `class_probabilities` cannot work.

    Raises:
        UserError: the tile is not larger than the overlap, or a number is out of range.
    """
    check_tile_sizes(tile, overlap, stride_of(model))


@torch.inference_mode()
def class_probabilities(
    model: nn.Module,
    image: NDArray[np.float32],
    *,
    scale: float = 1.0,
    tile: int = TILE,
    overlap: int = OVERLAP,
    progress: bool = False,
) -> NDArray[np.float32]:
    """Give the probability of each class at each pixel of an image of any size.

    Sizes that 32 does not divide are padded by reflection on the right and below, and cropped back.

    Args:
        model: a network of this package, in evaluation mode.
        image: (H, W, 3) in [0, 1].
        scale: factor by which the image is enlarged before; the scores are brought back by bilinear
            interpolation.
        tile: images with a side above this (after scaling) are done in tiles of this size.
        overlap: pixels that tiles share; the default makes the tiles equal to the whole (see `OVERLAP`).
        progress: whether tiles are counted on the screen.

    Returns:
        float32 (C, H, W), in [0, 1]; adds up to one over the classes. Its maximum is the label.
    """
    height, width = image.shape[:2]
    x = network_input(image, scale).to(device_of(model))

    def run(piece: Tensor) -> Tensor:
        return cast(Tensor, model(piece.contiguous(memory_format=torch.channels_last)))

    scores = predict_tiled(run, x, tile=tile, overlap=overlap, multiple=stride_of(model), progress=progress)
    if scale != 1:
        scores = F.interpolate(scores, (height, width), mode="bilinear")
    return scores[0].softmax(0).cpu().numpy()


def network_input(image: NDArray[np.float32], scale: float = 1.0) -> Tensor:
    """Make a batch of one, normalised, with its sides multiplied by ``scale`` and rounded.

    Shape:
        image (H, W, 3) in [0, 1] -> (1, 3, H', W')
    """
    x = normalise(to_tensor(image))
    if scale == 1:
        return x
    size = [max(1, round(scale * side)) for side in image.shape[:2]]
    return F.interpolate(x, size, mode="bilinear", antialias=True)


def _create(config: dict[str, Any]) -> SegNet:
    arguments = dict(config)
    if "model" not in arguments:
        raise ValueError("it names no segmentation model")
    return create_model(arguments.pop("model"), **arguments)
