"""Denoising images with a trained network."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_denoising.models import create_model
from indexnet_denoising.packaged import PACKAGED
from indexnet_engine.errors import check_number
from indexnet_engine.images.image_file import quantised, to_array, to_tensor
from indexnet_engine.inference.image_input import ImageLike, as_image, as_pixels
from indexnet_engine.inference.load_network import load_trained
from indexnet_engine.inference.predictor import Predictor
from indexnet_engine.inference.tiling import ImageSource

__all__ = [
    "OPPONENT",
    "DenoisingPredictor",
    "load_model",
    "model_channels",
]

# Rows: brightness, red against blue, green against magenta. Orthonormal, so that white noise of one level in
# R, G and B stays white and of that level in each row.
OPPONENT = torch.tensor(
    [[3**-0.5, 3**-0.5, 3**-0.5], [2**-0.5, 0.0, -(2**-0.5)], [6**-0.5, -2 * 6**-0.5, 6**-0.5]]
)


def load_model(weights: str | Path | None = None, device: str = "cpu") -> nn.Module:
    """Load a trained network, in evaluation mode.

    Args:
        weights: a folder with ``model.safetensors`` and ``config.json``, such as a run's, or the name of a
            network of the package; ``camera`` by default.
        device: device for the network.

    Raises:
        UserError: if the folder does not hold the weights of a denoising network.

    >>> load_model("blind-gray").config["resampling"]
    'o2o-shared'
    """
    return load_trained(PACKAGED.find(weights), create_model, "denoising", device, channels_last=False)


def model_channels(model: nn.Module) -> Literal[1, 3]:
    """Return the number of channels that a network of this package takes."""
    config = getattr(model, "config", {})
    return 3 if isinstance(config, dict) and config.get("channels") == 3 else 1


class DenoisingPredictor(Predictor):
    """A denoiser for images of any size, gray or colour.

    A network for gray images splits a colour image into brightness and two opponent colours (`OPPONENT`),
    denoises each and combines them again. A network for colour images sees a gray one as three equal
    channels.

    Args:
        model: a network of this package, in evaluation mode.
        tile: images with a longer side are run in tiles of this size in pixels; by default in tiles as large
            as ``max_memory`` allows.
        overlap: pixels that neighbouring tiles share; by default as many as the network needs for tiles to
            give the result of the whole image.
        max_memory: limit in GB for the network, see `Predictor`.
        strength: 0 gives the image back, 1 the network's result, values between them a part of the noise;
            above 1 more is removed than the network finds.
        progress: whether a progress bar counts the tiles.

    Raises:
        UserError: the tile is not larger than the overlap, or a number is out of range.

    >>> predictor = DenoisingPredictor.from_pretrained("blind-gray", device="cpu")
    >>> predictor(np.zeros((20, 30, 3), np.uint8)).shape
    (20, 30, 3)
    """

    task = "denoising"
    load_model = staticmethod(load_model)
    packaged = PACKAGED
    channels_last = False
    unknown_overlap = 168
    usual_memory = 0.6

    def __init__(
        self,
        model: nn.Module,
        *,
        tile: int | None = None,
        overlap: int | None = None,
        max_memory: float | None = None,
        strength: float = 1.0,
        progress: bool = False,
    ) -> None:
        super().__init__(model, tile=tile, overlap=overlap, max_memory=max_memory, progress=progress)
        check_number("strength", strength)
        self.strength = strength

    def __call__(self, image: ImageLike) -> NDArray[np.float32]:
        """Denoise an image.

        Args:
            image: see `ImageLike`; floats may leave [0, 1], as noise does.

        Returns:
            float32 (H, W, C) in [0, 1], with 1 channel for a gray image and 3 for a colour image.
        """
        pixels = as_pixels(image, in_range=False)
        clean = np.empty((*pixels.shape[:2], 1 if pixels.shape[2] == 1 else 3), np.float32)
        for place, values in self._rectangles(pixels):
            clean[place] = values
        return clean

    def rows(self, image: ImageLike) -> Iterator[NDArray[np.uint8]]:
        """Denoise an image, and yield bands of rows as they are finished, uint8 (h, W, C).

        A band is all that is kept of the result.

        Args:
            image: as in ``__call__``.
        """
        pixels = as_pixels(image, in_range=False)
        width, channels = pixels.shape[1], 1 if pixels.shape[2] == 1 else 3
        band = np.empty((0, width, channels), np.uint8)
        for (_rows, columns), values in self._rectangles(pixels):
            if columns.start == 0:
                band = np.empty((len(values), width, channels), np.uint8)
            band[:, columns] = quantised(values)
            if columns.stop == width:
                yield band

    def _rectangles(
        self, pixels: NDArray[np.generic]
    ) -> Iterator[tuple[tuple[slice, slice], NDArray[np.float32]]]:
        """Denoise rectangles of an image, in [0, 1] and of its channels, row by row."""

        def read(rows: slice, columns: slice) -> Tensor:
            return to_tensor(as_image(pixels[rows, columns], in_range=False))

        wanted = model_channels(self.model)
        channels = 1 if pixels.shape[2] == 1 else 3
        see, back = _conversions(channels, wanted)
        size = (pixels.shape[0], pixels.shape[1])
        source = ImageSource(size, lambda rows, columns: see(read(rows, columns)))
        for part in self.parts(source):
            clean = back(part.values.cpu())
            yield part.place, to_array(read(*part.place).lerp(clean, self.strength).clamp(0, 1))

    def network_input(self, image: ImageLike) -> Tensor:
        """Make the network's input; a gray network sees the brightness of a colour image.

        Shape:
            image (H, W, C) -> (1, channels of the network, H, W)
        """
        return to_tensor(as_image(image, model_channels(self.model), in_range=False))


def _conversions(channels: int, wanted: int) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """Return the conversions of an image to the network's input, and of its output to the image."""
    if channels == wanted:
        return (lambda x: x), (lambda x: x)
    if wanted == 3:
        return (lambda x: x.expand(-1, 3, -1, -1)), (lambda x: x.mean(1, keepdim=True))
    # The network expects values about [0, 1]. Shifting keeps the noise level, scaling would not.
    shift = torch.tensor([(1 - 3**0.5) / 2, 0.5, 0.5]).view(3, 1, 1, 1)

    def opponent(x: Tensor) -> Tensor:
        """Brightness and two opponent colours as a batch. (1, 3, H, W) -> (3, 1, H, W)."""
        return torch.einsum("oc,bchw->obhw", OPPONENT, x) + shift

    def colours(clean: Tensor) -> Tensor:
        return torch.einsum("oc,obhw->bchw", OPPONENT, clean - shift)

    return opponent, colours
