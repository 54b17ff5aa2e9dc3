"""Alpha mattes of images and trimaps with a trained network."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_engine.images.image_file import require_same_size, to_array, to_tensor
from indexnet_engine.inference.device import stride_of
from indexnet_engine.inference.image_input import ImageLike, as_image, as_pixels
from indexnet_engine.inference.load_network import load_trained
from indexnet_engine.inference.predictor import Predictor
from indexnet_engine.inference.tiles import Tiles
from indexnet_engine.inference.tiling import ImageSource
from indexnet_matting.data.trimap import as_trimap
from indexnet_matting.models import MattingNetwork, create_model, network_input
from indexnet_matting.packaged import PACKAGED

__all__ = ["MAX_MEMORY", "OVERLAP", "MattingPredictor", "load_model", "to_input"]

MAX_MEMORY = 8.0
"""Default memory limit of a network on a processor, in GB."""

OVERLAP = 256
"""Pixels that tiles share. The receptive field exceeds any overlap; the README describes the effect."""


def load_model(weights: str | Path | None = None, device: str = "cpu") -> MattingNetwork:
    """Load a trained network, in evaluation mode.

    Args:
        weights: a folder with ``model.safetensors`` and ``config.json``, such as a run's, or the name of a
            network of the package; ``general`` by default.
        device: device for the network.

    Raises:
        UserError: if the folder does not hold the weights of a matting network.
    """
    return load_trained(PACKAGED.find(weights), create_model, "matting", device)


class MattingPredictor(Predictor):
    """Predicts alpha from an image and its trimap; known pixels take the trimap's value.

    Sizes that the network's stride does not divide are padded by reflection on the right and below, and
    cropped back.

    Args:
        model: a network of this package, in evaluation mode.
        tile: images with a longer side are run in tiles of this size in pixels; by default as large as
            ``max_memory`` allows.
        max_memory: limit in GB for the network, besides its weights and the image; see `Predictor`.
        overlap: pixels that neighbouring tiles share.
        resize: enlarge to the next multiple of the stride and scale back instead of padding, as the released
            evaluation does; blurs a little.
        progress: whether a progress bar counts the tiles.

    >>> predictor = MattingPredictor(create_model("b11", width=0.1).eval())
    >>> image, trimap = np.zeros((40, 60, 3), np.float32), np.full((40, 60), 128, np.uint8)
    >>> predictor(image, trimap).shape
    (40, 60)
    """

    task = "matting"
    load_model = staticmethod(load_model)
    packaged = PACKAGED
    unknown_overlap = OVERLAP
    usual_memory = MAX_MEMORY

    def __init__(
        self,
        model: nn.Module,
        *,
        tile: int | None = None,
        max_memory: float | None = None,
        overlap: int | None = None,
        resize: bool = False,
        progress: bool = False,
    ) -> None:
        super().__init__(model, tile=tile, overlap=overlap, max_memory=max_memory, progress=progress)
        self.resize = resize

    def tiles_for(self, size: tuple[int, ...]) -> Tiles:
        """Choose the tiles for an image of this height and width; a single one if it fits the limit.

        Raises:
            UserError: the limit is too low for a tile, or a number is out of range.
        """
        return self.tiles((size[0], size[1]), 4)

    @torch.inference_mode()
    def __call__(self, image: ImageLike, trimap: ImageLike) -> NDArray[np.float32]:
        """Predict the alpha matte of an image.

        Args:
            image: see `ImageLike`.
            trimap: uint8 (H, W), an image "L", or a tensor (1, H, W): 0 background, 128 unknown, 255
                foreground.

        Returns:
            float32 (H, W) in [0, 1].

        Raises:
            UserError: an argument is not as above, the sizes differ, or the limit or the device's memory is
                too small for a tile.
        """
        pixels, known = as_pixels(image), as_trimap(trimap)
        require_same_size("the trimap", known, "the image", pixels)
        if self.resize:
            x = _enlarged(to_input(as_image(pixels, 3), known), stride_of(self.model))
            alpha = F.interpolate(self.run(x), known.shape, mode="bicubic").clamp(0, 1)
            return np.where(known == 128, to_array(alpha)[..., 0], (known == 255).astype(np.float32))

        def read(rows: slice, columns: slice) -> Tensor:
            return to_input(as_image(pixels[rows, columns], 3), known[rows, columns])

        matte = (known == 255).astype(np.float32)
        for part in self.parts(ImageSource((known.shape[0], known.shape[1]), read)):
            unknown = known[part.place] == 128
            matte[part.place][unknown] = to_array(part.values.clamp(0, 1))[..., 0][unknown]
        return matte

    def run_tile(self, x: Tensor) -> Tensor:
        """Run the network, unless every pixel of the tile is known."""
        trimap = x[:, 3:]
        if ((trimap == 0) | (trimap == 1)).all():
            return trimap
        return super().run_tile(x)

    def network_input(self, image: ImageLike, trimap: ImageLike) -> Tensor:
        """Make the network's input; see `to_input`."""
        return to_input(as_image(image, 3), as_trimap(trimap))


def to_input(image: NDArray[np.float32], trimap: NDArray[np.uint8]) -> Tensor:
    """Make the network's input.

    Shape:
        image (H, W, 3) in [0, 1], trimap (H, W) of 0, 128 and 255 -> (1, 4, H, W)
    """
    planes = torch.from_numpy(trimap.astype(np.float32) / np.float32(255))[None, None]
    return network_input(to_tensor(image), planes)


def _enlarged(x: Tensor, multiple: int) -> Tensor:
    """Resize as the released evaluation: colours bicubically with OpenCV's kernel, the trimap nearest."""
    size = [-(-side // multiple) * multiple for side in x.shape[-2:]]
    colours = F.interpolate(x[:, :3], size, mode="bicubic")
    return torch.cat([colours, F.interpolate(x[:, 3:], size, mode="nearest")], 1)
