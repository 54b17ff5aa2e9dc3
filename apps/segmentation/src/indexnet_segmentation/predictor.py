"""Pixelwise classes of images with a trained network."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import to_tensor
from indexnet_engine.inference.device import device_of
from indexnet_engine.inference.image_input import ImageLike, as_image
from indexnet_engine.inference.load_network import load_trained
from indexnet_engine.inference.predictor import Predictor
from indexnet_segmentation.data.augment import normalise
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.models import SegmentationNetwork, create_model
from indexnet_segmentation.packaged import PACKAGED

__all__ = [
    "OVERLAP",
    "TILE",
    "SegmentationPredictor",
    "class_count",
    "load_model",
    "network_input",
    "read_classes",
    "read_max_side",
]

# The receptive field of SegNet reaches 234 pixels (max+bilinear; 202 with index networks); the margin of a
# tile is 7/16 of the overlap.
OVERLAP = 544
"""Pixels that tiles share; with them, tiles give the result of the whole image."""

TILE = 1152
"""Side of a tile in pixels."""


def load_model(weights: str | Path | None = None, device: str = "cpu") -> SegmentationNetwork:
    """Load a trained network, in evaluation mode.

    Args:
        weights: a folder with ``model.safetensors`` and ``config.json``, such as a run's, or the name of a
            network of the package; ``camvid`` by default.
        device: device for the network.

    Raises:
        UserError: if the folder does not hold the weights of a segmentation network.
    """
    return load_trained(PACKAGED.find(weights), create_model, "segmentation", device)


def read_classes(config: Mapping[str, Any], file: Path, count: int) -> tuple[Classes, float]:
    """Read the classes of a network, and the factor by which images are enlarged before it sees them.

    Args:
        config: the entries of ``config.json``.
        file: name of the file in errors.
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
    """Return the number of classes that a network scores, exported or not."""
    exported = getattr(model, "out_channels", None)
    return int(model.prediction.out_channels if exported is None else exported)  # type: ignore[union-attr, arg-type]


def read_max_side(config: Mapping[str, Any], file: Path) -> int | None:
    """Read the longest side in pixels that a network is run on; None where it states none.

    Args:
        config: the entries of ``config.json``.
        file: name of the file in errors.

    Raises:
        UserError: it is not a number of pixels.
    """
    side = config.get("max_side")
    if side is not None and (not isinstance(side, int) or side < 1):
        raise UserError(f"{file}: max_side must be a number of pixels, got {side!r}")
    return side


class SegmentationPredictor(Predictor):
    """Predicts the class of each pixel of an image.

    Sizes that 32 does not divide are padded by reflection on the right and below, and cropped back.

    Args:
        model: a network of this package, in evaluation mode.
        classes: names and colours of the classes that it scores, where they are known.
        scale: factor by which images are enlarged before the network sees them; the scores are brought back
            by bilinear interpolation.
        max_side: images with a longer side (after scaling) are reduced until it has so many pixels, since
            objects of other sizes than in training are not recognised.
        tile: images with a longer side (after scaling) are run in tiles of this size in pixels.
        overlap: pixels that neighbouring tiles share; with the default, tiles give the result of the whole
            image (see `OVERLAP`).
        progress: whether a progress bar counts the tiles.

    >>> predictor = SegmentationPredictor(create_model("segnet", classes=11, width=8).eval())
    >>> predictor(np.zeros((40, 60, 3), np.float32)).shape
    (40, 60)
    """

    task = "segmentation"
    load_model = staticmethod(load_model)
    packaged = PACKAGED

    def __init__(
        self,
        model: nn.Module,
        *,
        classes: Classes | None = None,
        scale: float = 1.0,
        max_side: int | None = None,
        tile: int = TILE,
        overlap: int = OVERLAP,
        progress: bool = False,
    ) -> None:
        super().__init__(model, tile=tile, overlap=overlap, progress=progress)
        self.scale = scale
        self.max_side = max_side
        self._classes = classes

    @property
    def classes(self) -> Classes:
        """Names and colours of the classes.

        Raises:
            ValueError: they are not known.
        """
        if self._classes is None:
            raise ValueError("the classes of this network are not named")
        return self._classes

    @classmethod
    def trained_with(cls, entries: Mapping[str, Any], file: Path, model: nn.Module) -> dict[str, Any]:
        """Read the classes of a network, the scale and the longest side; see `read_classes`."""
        classes, scale = read_classes(entries, file, class_count(model))
        return {"classes": classes, "scale": scale, "max_side": read_max_side(entries, file)}

    def __call__(self, image: ImageLike) -> NDArray[np.int64]:
        """Find the most probable class of each pixel.

        Args:
            image: see `ImageLike`.

        Returns:
            int64 (H, W), class numbers from 0.
        """
        return self.probabilities(image).argmax(0)

    @torch.inference_mode()
    def probabilities(self, image: ImageLike) -> NDArray[np.float32]:
        """Predict the probability of each class at each pixel.

        Args:
            image: see `ImageLike`.

        Returns:
            float32 (C, H, W), in [0, 1]; adds up to one over the classes.
        """
        pixels = as_image(image, 3)
        x = self.network_input(pixels).to(device_of(self.model))
        scores = self.run(x)
        if x.shape[2:] != pixels.shape[:2]:
            scores = F.interpolate(scores, pixels.shape[:2], mode="bilinear")
        return scores[0].softmax(0).cpu().numpy()

    def network_input(self, image: ImageLike) -> Tensor:
        """Make the network's input; see `network_input`."""
        pixels = as_image(image, 3)
        scale = self.scale
        if self.max_side is not None:
            scale = min(scale, self.max_side / max(pixels.shape[:2]))
        return network_input(pixels, scale)


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
