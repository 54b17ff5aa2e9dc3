"""Depth of images with a trained network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_depth.data.crop import CROP, HEIGHT, SIZE
from indexnet_depth.focal import NOMINAL, Focal
from indexnet_depth.models import FastDepth, create_model
from indexnet_depth.packaged import PACKAGED
from indexnet_engine.errors import OptionError, UserError
from indexnet_engine.images.image_file import to_array, to_tensor
from indexnet_engine.inference.device import device_of
from indexnet_engine.inference.image_input import ImageLike, as_image
from indexnet_engine.inference.load_network import load_trained
from indexnet_engine.inference.predictor import Predictor

__all__ = ["DepthPredictor", "load_model", "network_size", "read_size"]

_LONGEST = 6  # largest longer side of a resized photograph, in sides of a view


def load_model(weights: str | Path | None = None, device: str = "cpu") -> FastDepth:
    """Load a trained network, in evaluation mode.

    Args:
        weights: a folder with ``model.safetensors`` and ``config.json``, such as a run's, or the name of a
            network of the package; ``rooms`` by default.
        device: device for the network.

    Raises:
        UserError: if the folder does not hold the weights of a depth network.
    """
    return load_trained(PACKAGED.find(weights), create_model, "depth", device)


def read_size(config: Mapping[str, Any], source: str | Path) -> int:
    """Read the side in pixels of the views that a network was trained on; FastDepth's by default.

    Args:
        config: the entries of ``config.json``.
        source: name of the file in errors.

    Raises:
        UserError: the side is not a number of pixels.
    """
    size = config.get("size", SIZE)
    if not isinstance(size, int) or size < 1:
        raise UserError(f"{source}: 'size' in config.json must be a number of pixels, got {size!r}")
    return size


class DepthPredictor(Predictor):
    """Predicts the depth of images of any size.

    The size of objects in an image depends on their depth, so the image is resized to the scale of the frames
    that the network was trained on, whose pixels were not square, and its depth back. Sizes that the
    network's stride does not divide are padded by reflection on the right and below, and cropped back. Each
    tile of a large image is run by itself.

    Args:
        model: a network of this package, in evaluation mode.
        size: side in pixels of the views that it was trained on; None runs the network on the image's own
            pixels.
        focal: focal length of the images, with which their depth scales; by default that of the nominal lens
            (`focal.NOMINAL`).
        tile: images with a longer side (after scaling) are run in tiles of this size in pixels; by default in
            tiles as large as ``max_memory`` allows.
        overlap: pixels that neighbouring tiles share.
        max_memory: limit in GB for the network, see `Predictor`.
        progress: whether a progress bar counts the tiles.

    >>> predictor = DepthPredictor(create_model("fastdepth-p-nnconv5", width=0.1).eval(), size=64)
    >>> predictor(np.zeros((48, 64, 3), np.float32)).shape
    (48, 64)
    """

    task = "depth"
    load_model = staticmethod(load_model)
    packaged = PACKAGED
    unknown_overlap = 384
    usual_memory = 2.0

    def __init__(
        self,
        model: nn.Module,
        *,
        size: int | None = SIZE,
        focal: Focal | None = None,
        tile: int | None = None,
        overlap: int | None = None,
        max_memory: float | None = None,
        progress: bool = False,
    ) -> None:
        super().__init__(model, tile=tile, overlap=overlap, max_memory=max_memory, progress=progress)
        if focal is not None and size is None:
            raise OptionError("focal", "scales the depth at the training scale; leave out --full-size")
        self.size = size
        self.focal = focal

    @classmethod
    def trained_with(cls, entries: Mapping[str, Any], file: Path, model: nn.Module) -> dict[str, Any]:
        """Read the side of the views that a network was trained on; see `read_size`."""
        return {"size": read_size(entries, file)}

    def __call__(self, image: ImageLike) -> NDArray[np.float32]:
        """Predict the depth of an image.

        Args:
            image: see `ImageLike`.

        Returns:
            float32 (H, W) in metres.
        """
        pixels = as_image(image, 3)
        if self.size is None:
            return self._at_its_size(pixels)
        height, width = pixels.shape[:2]
        depth = self._at_its_size(_resized(pixels, *network_size(height, width, self.size)))
        return _resized(depth, height, width) * self._lens_factor(height, width)

    def _lens_factor(self, height: int, width: int) -> np.float32:
        """Return the focal length of an image in units of the nominal lens's."""
        if self.focal is None:
            return np.float32(1)
        return np.float32(self.focal.pixels(height, width) * _network_ratio(height, width) / NOMINAL)

    def network_input(self, image: ImageLike) -> Tensor:
        """Make the network's input (1, 3, H, W) of the image's own pixels."""
        return to_tensor(as_image(image, 3))

    def _at_its_size(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        return to_array(self.run(to_tensor(image).to(device_of(self.model))))[..., 0]


def network_size(height: int, width: int, size: int = SIZE) -> tuple[int, int]:
    """Return the height and width at which a photograph has the scale of the training frames.

    Views of this side were cut from frames resized to cover 250×333, 228×304 pixels squeezed to a square.

    >>> network_size(480, 640)
    (246, 246)
    """
    ratio = _network_ratio(height, width)
    return tuple(  # type: ignore[return-value]  # two of them
        max(1, round(side * ratio * size / cut)) for side, cut in zip((height, width), CROP)
    )


def _network_ratio(height: int, width: int) -> float:
    """Return the scale of the frames that views were cut from, in units of an image's own."""
    ratio = max(HEIGHT / height, HEIGHT * CROP[1] / CROP[0] / width)
    # A narrow panorama would become too long.
    return min(ratio, _LONGEST * CROP[1] / max(height, width))


def _resized(values: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Resize: average over areas to shrink, interpolate to enlarge."""
    if values.shape[:2] == (height, width):
        return values
    shrinks = height * width < values.shape[0] * values.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (width, height), interpolation=method), np.float32)
