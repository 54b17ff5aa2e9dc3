"""From a photograph and its trimap to an alpha matte with a trained network."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import require_same_size, to_array, to_tensor
from indexnet_engine.inference.device import device_of, stride_of
from indexnet_engine.inference.tiling import predict_tiled
from indexnet_engine.weights.pretrained import from_pretrained
from indexnet_matting.models import MattingNetwork, create_model, network_input
from indexnet_matting.tile_memory import choose_tile

__all__ = ["MAX_MEMORY", "OVERLAP", "load_model", "matte", "to_input"]

MAX_MEMORY = 8.0
"""GB that a network may take unless another limit is given."""

OVERLAP = 256
"""Pixels that tiles share. The networks look further than any overlap; see the README for what that does."""


def load_model(weights: str | Path, device: str = "cpu") -> MattingNetwork:
    """Load a trained network, in evaluation mode.

    Args:
        weights: a folder with ``model.safetensors`` and ``config.json``, such as a run's.
        device: where to put it.

    Raises:
        UserError: if the folder does not hold the weights of a matting network.
    """
    model = cast(MattingNetwork, from_pretrained(weights, _create, task="matting"))
    return model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


@torch.inference_mode()
def matte(
    model: nn.Module,
    image: NDArray[np.float32],
    trimap: NDArray[np.uint8],
    *,
    tile: int | None = None,
    max_memory: float = MAX_MEMORY,
    overlap: int = OVERLAP,
    resize: bool = False,
    progress: bool = False,
) -> NDArray[np.float32]:
    """Estimate alpha; known pixels take the trimap's value.

    Sizes that the network's stride does not divide are padded by reflection on the right and below, and
    cropped back.

    Args:
        model: a network of this package, in evaluation mode.
        image: (H, W, 3) in [0, 1].
        trimap: (H, W): 0 background, 128 unknown, 255 foreground.
        tile: images with a side above this are done in tiles of this size; by default as large as
            ``max_memory`` allows.
        max_memory: limit in GB for the network, beside its weights and the image.
        overlap: pixels that tiles share.
        resize: enlarge to the next multiple of the stride and scale back instead of padding, as the released
            evaluation does; blurs a little.
        progress: whether tiles are counted on the screen.

    Returns:
        float32 (H, W) in [0, 1].

    Raises:
        UserError: the arrays are not as above, the sizes differ, the limit is too low, or the device has less
            memory than that.
    """
    _check(image, trimap)
    require_same_size("the trimap", trimap, "the image", image)
    height, width = trimap.shape
    stride = stride_of(model)
    x = to_input(image, trimap).to(device_of(model))
    if resize:
        x = _enlarged(x, stride)
    tile = tile or choose_tile(model, (height, width), max_memory, overlap)
    multiple = stride
    if tile is None:
        tile, overlap = max(x.shape[-2:]), 0
        multiple = 1 if getattr(model, "any_size", False) else stride

    def run(piece: Tensor) -> Tensor:
        known = piece[:, 3:]
        if ((known == 0) | (known == 1)).all():  # nothing to ask the network
            return known
        return model(piece.contiguous(memory_format=torch.channels_last))

    try:
        alpha = predict_tiled(run, x, tile=tile, overlap=overlap, multiple=multiple, progress=progress)
    except torch.OutOfMemoryError:
        raise UserError(
            f"the device ran out of memory with tiles of {tile}x{tile}; lower max_memory, {max_memory:g} GB"
        ) from None
    if resize:
        alpha = F.interpolate(alpha, (height, width), mode="bicubic")
    estimate = to_array(alpha.clamp(0, 1))[..., 0]
    return np.where(trimap == 128, estimate, (trimap == 255).astype(np.float32))


def to_input(image: NDArray[np.float32], trimap: NDArray[np.uint8]) -> Tensor:
    """Make the network's input.

    Shape:
        image (H, W, 3) in [0, 1], trimap (H, W) of 0, 128 and 255 -> (1, 4, H, W)
    """
    planes = torch.from_numpy(trimap.astype(np.float32) / np.float32(255))[None, None]
    return network_input(to_tensor(image), planes)


def _check(image: NDArray[np.float32], trimap: NDArray[np.uint8]) -> None:
    """Refuse arrays on other scales, from which a matte would be made that looks plausible and is wrong."""
    colours = image.ndim == 3 and image.shape[2] == 3 and image.dtype.kind == "f"
    if not (colours and image.min() >= 0 and image.max() <= 1):
        raise UserError(
            f"the image: expected floats (H, W, 3) in [0, 1], got {image.dtype} {image.shape} "
            f"from {image.min():g} to {image.max():g}"
        )
    if trimap.ndim != 2 or trimap.dtype != np.uint8 or not np.isin(trimap, (0, 128, 255)).all():
        raise UserError(
            f"the trimap: expected uint8 (H, W) of 0, 128 and 255, got {trimap.dtype} {trimap.shape} "
            f"from {trimap.min()} to {trimap.max()}"
        )


def _create(config: dict[str, Any]) -> MattingNetwork:
    arguments = dict(config)
    if "model" not in arguments:
        raise ValueError("it names no matting model")
    return create_model(arguments.pop("model"), **arguments)


def _enlarged(x: Tensor, multiple: int) -> Tensor:
    """Resize as the released evaluation: colours bicubically with OpenCV's kernel, the trimap nearest."""
    size = [-(-side // multiple) * multiple for side in x.shape[-2:]]
    colours = F.interpolate(x[:, :3], size, mode="bicubic")
    return torch.cat([colours, F.interpolate(x[:, 3:], size, mode="nearest")], 1)
