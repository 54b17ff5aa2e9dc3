"""From a photograph to its depth with a trained network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_depth.data.crop import CROP, HEIGHT, SIZE
from indexnet_depth.models import FastDepth, create_model
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import to_array, to_tensor
from indexnet_engine.inference.device import device_of, stride_of
from indexnet_engine.inference.tiling import predict_tiled
from indexnet_engine.weights.pretrained import from_pretrained, load_config

__all__ = ["estimate_depth", "load_model", "network_size", "read_size", "run_network", "trained_size"]

_TILE, _OVERLAP = 1536, 384
_LONGEST = 6  # sides of a view that the longer side of a photograph may become


def load_model(weights: str | Path, device: str = "cpu") -> FastDepth:
    """Load a trained network, in evaluation mode.

    Args:
        weights: a folder with ``model.safetensors`` and ``config.json``, such as a run's.
        device: where to put it.

    Raises:
        UserError: if the folder does not hold the weights of a depth network.
    """
    model = cast(FastDepth, from_pretrained(weights, _create, task="depth"))
    return model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def trained_size(weights: str | Path) -> int:
    """Give the side in pixels of the views that a network was trained on; FastDepth's where it is not said.

    Raises:
        UserError: the folder holds no weights, or the side makes no sense.
    """
    return read_size(load_config(weights), weights)


def read_size(config: Mapping[str, Any], source: str | Path) -> int:
    """As `trained_size`, of the entries of a ``config.json``; errors name ``source``."""
    size = config.get("size", SIZE)
    if not isinstance(size, int) or size < 1:
        raise UserError(f"{source}: 'size' in config.json must be a number of pixels, got {size!r}")
    return size


@torch.inference_mode()
def run_network(model: nn.Module, image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Estimate the depth of an image as it is.

    Sizes that the network's stride does not divide are padded by reflection on the right and below, and
    cropped back. An image with a side above 1536 pixels is done in tiles, each of which sees only itself.

    Args:
        model: a network of this package, in evaluation mode.
        image: (H, W, 3) in [0, 1].

    Returns:
        (H, W) in metres.
    """
    x = to_tensor(image).to(device_of(model))

    def run(piece: Tensor) -> Tensor:
        depth: Tensor = model(piece.contiguous(memory_format=torch.channels_last))
        return depth

    return to_array(predict_tiled(run, x, tile=_TILE, overlap=_OVERLAP, multiple=stride_of(model)))[..., 0]


def estimate_depth(
    model: nn.Module, image: NDArray[np.float32], size: int | None = SIZE
) -> NDArray[np.float32]:
    """Estimate the depth of a photograph of any size.

    How far things are shows in how large they look, so the photograph is resized to the scale of the frames
    that the network was trained on, whose pixels were not square, and its depth back.

    Args:
        model: a network of this package, in evaluation mode.
        image: (H, W, 3) in [0, 1].
        size: side of the views that it was trained on, see `trained_size`; None gives the network the image's
            own pixels.

    Returns:
        (H, W) in metres.

    >>> from indexnet_depth import create_model
    >>> model = create_model("fastdepth-p-nnconv5", width=0.1).eval()
    >>> estimate_depth(model, np.zeros((48, 64, 3), np.float32), 64).shape
    (48, 64)
    """
    if size is None:
        return run_network(model, image)
    height, width = image.shape[:2]
    depth = run_network(model, _resized(image, *network_size(height, width, size)))
    return _resized(depth, height, width)


def network_size(height: int, width: int, size: int = SIZE) -> tuple[int, int]:
    """Height and width at which a photograph looks like the frames of a training with views of this side.

    These were cut out of frames resized to cover 250×333, 228×304 pixels squeezed to a square.

    >>> network_size(480, 640)
    (246, 246)
    """
    ratio = max(HEIGHT / height, HEIGHT * CROP[1] / CROP[0] / width)
    # A strip of a panorama would become endless.
    ratio = min(ratio, _LONGEST * CROP[1] / max(height, width))
    return tuple(  # type: ignore[return-value]  # two of them
        max(1, round(side * ratio * size / cut)) for side, cut in zip((height, width), CROP)
    )


def _resized(values: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Average over areas where it shrinks, interpolate where it grows."""
    if values.shape[:2] == (height, width):
        return values
    shrinks = height * width < values.shape[0] * values.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (width, height), interpolation=method), np.float32)


def _create(config: dict[str, Any]) -> FastDepth:
    arguments = dict(config)
    if "model" not in arguments:
        raise ValueError("it names no depth model")
    return create_model(arguments.pop("model"), **arguments)
