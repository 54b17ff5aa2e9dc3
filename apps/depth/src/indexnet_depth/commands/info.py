"""Options of the command ``info``."""

from dataclasses import dataclass, field
from typing import Any

from torch import nn

from indexnet_depth.config import ModelConfig
from indexnet_depth.models import FastDepth, create_model
from indexnet_engine.application import InfoOptions
from indexnet_engine.images.image_file import read_image

__all__ = ["InfoConfig", "model_options", "network_of", "read_image_of"]


@dataclass(kw_only=True)
class InfoConfig(InfoOptions):
    """Trained weights, images and output."""

    model: ModelConfig = field(default_factory=ModelConfig)


def network_of(config: InfoConfig) -> FastDepth:
    """Build a network with random weights from the options."""
    return create_model(**config.model.arguments())


def read_image_of(config: InfoConfig) -> tuple[Any, ...] | None:
    """Read the image that the options name."""
    return None if config.image is None else (read_image(config.image, 3),)


def model_options(model: nn.Module) -> dict[str, Any]:
    """Return the options of a network, its width included where it was built with the default."""
    options: dict[str, Any] = dict(model.config)  # type: ignore[arg-type]
    return {**options, "width": options.get("width", 1.0)}
