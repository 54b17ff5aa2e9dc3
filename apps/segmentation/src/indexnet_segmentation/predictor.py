"""Pixelwise classes of images with a trained network."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import to_tensor
from indexnet_engine.inference.blending import Part
from indexnet_engine.inference.image_input import ImageLike, as_image, as_pixels
from indexnet_engine.inference.interpolation import interpolated
from indexnet_engine.inference.load_network import load_trained
from indexnet_engine.inference.predictor import Predictor
from indexnet_engine.inference.tiling import ImageSource, assembled, source_of
from indexnet_segmentation.data.augment import normalise
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.models import SegmentationNetwork, create_model
from indexnet_segmentation.packaged import PACKAGED

__all__ = [
    "SegmentationPredictor",
    "class_count",
    "load_model",
    "network_input",
    "read_classes",
    "read_max_side",
]


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
        tile: images with a longer side (after scaling) are run in tiles of this size in pixels; by default in
            tiles as large as ``max_memory`` allows.
        overlap: pixels that neighbouring tiles share; by default as many as the network needs for tiles to
            give the result of the whole image.
        max_memory: limit in GB for the network, see `Predictor`.
        progress: whether a progress bar counts the tiles.

    >>> predictor = SegmentationPredictor(create_model("segnet", classes=11, width=8).eval())
    >>> predictor(np.zeros((40, 60, 3), np.float32)).shape
    (40, 60)
    """

    task = "segmentation"
    load_model = staticmethod(load_model)
    packaged = PACKAGED
    unknown_overlap = 544  # exported before the reach was stated
    usual_memory = 1.5

    def __init__(
        self,
        model: nn.Module,
        *,
        classes: Classes | None = None,
        scale: float = 1.0,
        max_side: int | None = None,
        tile: int | None = None,
        overlap: int | None = None,
        max_memory: float | None = None,
        progress: bool = False,
    ) -> None:
        super().__init__(model, tile=tile, overlap=overlap, max_memory=max_memory, progress=progress)
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

        Only the classes of the whole image are kept, not its probabilities.

        Args:
            image: see `ImageLike`.

        Returns:
            int64 (H, W), class numbers from 0.
        """
        return self.label(image).astype(np.int64)

    def label(self, image: ImageLike) -> NDArray[np.uint8]:
        """Find the most probable class of each pixel, as ``__call__`` does, as uint8 (H, W)."""
        pixels = as_pixels(image)
        label = np.empty(pixels.shape[:2], np.uint8)
        for part in self._scores(pixels):
            label[part.place] = part.values[0].argmax(0).cpu().numpy()
        return label

    def probabilities(self, image: ImageLike) -> NDArray[np.float32]:
        """Predict the probability of each class at each pixel.

        Args:
            image: see `ImageLike`.

        Returns:
            float32 (C, H, W), in [0, 1]; adds up to one over the classes.
        """
        pixels = as_pixels(image)
        found = assembled(self._scores(pixels), (pixels.shape[0], pixels.shape[1]))
        return found[0].softmax(0).cpu().numpy()

    def _scores(self, pixels: NDArray[np.generic]) -> Iterator[Part]:
        """Score the classes at every pixel of an image, in rectangles."""
        size = (pixels.shape[0], pixels.shape[1])
        factor = self._factor(size)
        if factor != 1:
            x = network_input(as_image(pixels, 3), factor)
            return interpolated(self.parts(source_of(x)), (x.shape[-2], x.shape[-1]), size)

        def read(rows: slice, columns: slice) -> Tensor:
            return network_input(as_image(pixels[rows, columns], 3))

        return self.parts(ImageSource(size, read))

    def _factor(self, size: tuple[int, ...]) -> float:
        """Return the factor between the sides of an image and those that the network sees."""
        return self.scale if self.max_side is None else min(self.scale, self.max_side / max(size))

    def network_input(self, image: ImageLike) -> Tensor:
        """Make the network's input; see `network_input`."""
        pixels = as_image(image, 3)
        return network_input(pixels, self._factor(pixels.shape[:2]))


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
