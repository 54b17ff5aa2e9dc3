"""Options of the command ``info``, and its own facts."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexnet_engine.application import InfoOptions
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image
from indexnet_segmentation.config import ModelConfig
from indexnet_segmentation.models import SegmentationNetwork, create_model
from indexnet_segmentation.predictor import SegmentationPredictor

__all__ = ["InfoConfig", "network_of", "read_image_of", "trained_classes"]


@dataclass(kw_only=True)
class InfoConfig(InfoOptions):
    """Trained weights, images and output."""

    model: ModelConfig = field(default_factory=ModelConfig)
    classes: int = 37
    """Number of classes; 37 in Table 6."""
    weights: Path | None = None
    """Folder of a run, instead of --classes and the --model options."""


def network_of(config: InfoConfig) -> SegmentationNetwork:
    """Build a network with random weights from the options."""
    return create_model(**config.model.arguments(config.classes))


def read_image_of(config: InfoConfig) -> tuple[Any, ...] | None:
    """Read the image that the options name."""
    if config.weights is not None and config.classes != InfoConfig.classes:
        raise UserError(f"{config.weights}: --classes cannot be combined with --weights")
    return None if config.image is None else (read_image(config.image, 3),)


def trained_classes(predictor: SegmentationPredictor, config: InfoConfig) -> dict[str, str]:
    """Report the scale and the classes of a trained network."""
    if config.weights is None:
        return {}
    return {"scale": f"{predictor.scale:g}", "names": ", ".join(predictor.classes.names)}
