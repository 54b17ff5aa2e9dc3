"""Options of the command ``info``, and its own facts and pictures."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_core import optimize_for_inference
from indexnet_engine.application import InfoOptions
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, require_same_size
from indexnet_engine.images.panels import index_sheet
from indexnet_engine.inference.memory import SIDES, bytes_per_pixel
from indexnet_engine.randomness import seed_everything
from indexnet_matting.config import ModelConfig
from indexnet_matting.data.files import read_alpha
from indexnet_matting.data.trimap import read_trimap
from indexnet_matting.models import MattingNetwork, create_model
from indexnet_matting.output.panels import INDEX_HEIGHT, matting_panel
from indexnet_matting.predictor import MattingPredictor

__all__ = ["InfoConfig", "counting_side", "memory", "more_pictures", "network_of", "read_image_of"]


@dataclass(kw_only=True)
class InfoConfig(InfoOptions):
    """Trained weights, images and output."""

    model: ModelConfig = field(default_factory=ModelConfig)
    weights: Path | None = None
    """Folder of a run or of imported weights, instead of the --model options."""
    image: Path | None = None
    """Draw the index maps of this image (needs --trimap) and, with --weights, its matte."""
    trimap: Path | None = None
    """Trimap of the image."""
    alpha: Path | None = None
    """True matte of the image, to show beside the prediction."""


def network_of(config: InfoConfig) -> MattingNetwork:
    """Build a network with random weights from the options."""
    return create_model(**config.model.arguments())


def read_image_of(config: InfoConfig) -> tuple[NDArray[np.float32], NDArray[np.uint8]] | None:
    """Read the image and the trimap that the options name; check that the true matte fits."""
    if (config.image is None) != (config.trimap is None):
        raise UserError("--image and --trimap belong together: index maps depend on both")
    if config.image is None or config.trimap is None:
        return None
    image, trimap = read_image(config.image, 3), read_trimap(config.trimap, tell=True)
    require_same_size(config.trimap, trimap, config.image, image)
    _true_matte(config, image)
    return image, trimap


def counting_side(model: object) -> int:
    """Return the input size of the paper's GFLOPs: odd for B1 and B2."""
    return 225 if getattr(model, "any_size", False) else 224


def memory(predictor: MattingPredictor, config: InfoConfig) -> dict[str, str]:
    """Report the memory that prediction needs, with the network as ``predict`` runs it."""
    needed = bytes_per_pixel(optimize_for_inference(predictor.model), SIDES[-1], 4)
    return {"memory": f"{needed / 1e3:.2f} GB per million pixels in prediction"}


def more_pictures(
    predictor: MattingPredictor, shown: tuple[NDArray[np.float32], NDArray[np.uint8]], config: InfoConfig
) -> dict[str, NDArray[np.generic]]:
    """Draw the index maps on one sheet; with trained weights also those of random weights, and the matte."""
    image, trimap = shown
    predictors = {"random weights": predictor} if config.weights is None else _before_and_after(predictor)
    rows = {name: one.index_pictures(image, trimap)["decoder"] for name, one in predictors.items()}
    pictures: dict[str, NDArray[np.generic]] = {}
    if any(rows.values()):
        pictures["index"] = index_sheet(rows, INDEX_HEIGHT)
    if config.weights is not None:
        pictures["panel"] = matting_panel(image, trimap, predictor(image, trimap), _true_matte(config, image))
    return pictures


def _true_matte(config: InfoConfig, image: NDArray[np.float32]) -> NDArray[np.float32] | None:
    if config.alpha is None:
        return None
    alpha = read_alpha(config.alpha)
    require_same_size(config.alpha, alpha, config.image or "the image", image)
    return alpha


def _before_and_after(trained: MattingPredictor) -> dict[str, MattingPredictor]:
    """Draw index maps of the trained network below those of the same network with random weights."""
    seed_everything(0)
    before = create_model(**trained.model.config).eval()  # type: ignore[arg-type]
    return {"random weights": MattingPredictor(before), "trained": trained}
