"""Options of the command ``info``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from indexnet_denoising.config import ModelConfig
from indexnet_denoising.models import create_model
from indexnet_engine.application import InfoOptions
from indexnet_engine.images.image_file import read_image

__all__ = ["InfoConfig", "network_of", "read_image_of"]


@dataclass(kw_only=True)
class InfoConfig(InfoOptions):
    """Trained weights, images and output."""

    model: ModelConfig = field(default_factory=ModelConfig)
    weights: Path | None = None
    """Folder of a run, or the name of a network of the package, instead of the --model options."""


def network_of(config: InfoConfig) -> nn.Module:
    """Build a network with random weights from the options."""
    return create_model(**config.model.arguments())


def read_image_of(config: InfoConfig) -> tuple[Any, ...] | None:
    """Read the image that the options name."""
    return None if config.image is None else (read_image(config.image),)
