"""From a noisy image to a clean one with a trained network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_denoising.models import create_model
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import to_array, to_tensor
from indexnet_engine.inference.device import device_of, stride_of
from indexnet_engine.inference.tiling import check_tiling as check_tile_sizes
from indexnet_engine.inference.tiling import predict_tiled
from indexnet_engine.weights.pretrained import from_pretrained

__all__ = [
    "DEFAULT",
    "OPPONENT",
    "OVERLAP",
    "WEIGHTS",
    "check_tiling",
    "denoise",
    "find_weights",
    "load_model",
    "model_channels",
]

# DnCNN-SegNet looks up to 71 pixels far; the margin of a tile is 7/16 of the overlap.
OVERLAP = 168
WEIGHTS = Path(__file__).parent / "weights"
DEFAULT = "blind-gray"

# Rows: brightness, red against blue, green against magenta. Orthonormal, so that white noise of one level in
# R, G and B stays white and of that level in each row.
OPPONENT = torch.tensor(
    [[3**-0.5, 3**-0.5, 3**-0.5], [2**-0.5, 0.0, -(2**-0.5)], [6**-0.5, -2 * 6**-0.5, 6**-0.5]]
)


def load_model(weights: str | Path | None = None, device: str = "cpu") -> nn.Module:
    """Load a trained network, in evaluation mode.

    Args:
        weights: a folder with ``model.safetensors`` and ``config.json``, such as a run's, or the name of a
            network that comes with the package; ``blind-gray`` by default.
        device: where to put it.

    Raises:
        UserError: if the folder does not hold the weights of a denoising network.

    >>> load_model("blind-gray").config["resampling"]
    'o2o-shared'
    """
    return from_pretrained(find_weights(weights), _create, task="denoising").to(device)


def find_weights(weights: str | Path | None = None) -> Path:
    """Give the folder of trained weights, those that come with the package included.

    Raises:
        UserError: neither a folder nor a network of the package has this name.
    """
    folder = Path(DEFAULT if weights is None else weights)
    if folder.exists():
        return folder
    names = sorted(path.name for path in WEIGHTS.iterdir() if path.is_dir())
    if str(folder) not in names:
        raise UserError(f"{folder}: no such folder, and no network of the package ({', '.join(names)})")
    return WEIGHTS / folder


def check_tiling(model: nn.Module, tile: int, overlap: int = OVERLAP) -> None:
    """Refuse sizes of tiles with which `denoise` cannot work.

    Raises:
        UserError: the tile is not larger than the overlap, or a number is out of range.
    """
    check_tile_sizes(tile, overlap, stride_of(model))


def model_channels(model: nn.Module) -> Literal[1, 3]:
    """How many channels a network of this package takes."""
    config = getattr(model, "config", {})
    return 3 if isinstance(config, dict) and config.get("channels") == 3 else 1


@torch.inference_mode()
def denoise(
    model: nn.Module,
    image: NDArray[np.float32],
    *,
    tile: int = 512,
    overlap: int = OVERLAP,
    progress: bool = False,
) -> NDArray[np.float32]:
    """Denoise an image of any size and clip the result to [0, 1].

    A network for gray images takes a colour image apart into brightness and two opponent colours
    (`OPPONENT`), denoises each and puts them together again. A network for colour images sees a gray one
    as three equal channels.

    Args:
        model: a network of this package, in evaluation mode.
        image: (H, W, 1) or (H, W, 3), values about [0, 1].
        tile: images with a side above this are done in tiles of this size.
        overlap: pixels that tiles share; the default makes the tiles equal to the whole (see `OVERLAP`).
        progress: whether tiles are counted on the screen.

    Returns:
        float32 of the image's shape, in [0, 1].
    """
    pixels = to_tensor(image).to(device_of(model))  # (1, C, H, W)
    channels, wanted = pixels.shape[1], model_channels(model)

    def run(x: Tensor) -> Tensor:
        return predict_tiled(
            model, x, tile=tile, overlap=overlap, multiple=stride_of(model), progress=progress
        )

    if channels == wanted:
        clean = run(pixels)
    elif wanted == 3:
        clean = run(pixels.expand(-1, 3, -1, -1)).mean(1, keepdim=True)
    else:
        clean = _opponent(run, pixels)
    return to_array(clean.clamp(0, 1))


def _opponent(run: Callable[[Tensor], Tensor], pixels: Tensor) -> Tensor:
    """Denoise brightness and the two opponent colours with a gray network."""
    matrix = OPPONENT.to(pixels)
    planes = torch.einsum("oc,bchw->bohw", matrix, pixels)
    # The network expects values about [0, 1]. Shifts keep the noise level; a scaling would not.
    shift = torch.tensor([(1 - 3**0.5) / 2, 0.5, 0.5]).to(pixels).view(3, 1, 1, 1)
    clean = run(planes.transpose(0, 1) + shift) - shift
    return torch.einsum("oc,bohw->bchw", matrix, clean.transpose(0, 1))


def _create(config: dict[str, Any]) -> nn.Module:
    arguments = dict(config)
    if "model" not in arguments:
        raise ValueError("it names no denoising model")
    return create_model(arguments.pop("model"), **arguments)
