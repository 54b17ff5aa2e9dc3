"""What a network costs, and what its indices look like."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from indexnet_core import index_pictures, measure_complexity
from indexnet_denoising.config import ModelConfig
from indexnet_denoising.models import create_model
from indexnet_denoising.predictor import load_model, model_channels
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import convert_channels, read_image, to_tensor, write_image
from indexnet_engine.inference.device import refuse_options_of_weights, stride_of
from indexnet_engine.progress import say

__all__ = ["InfoConfig", "info"]


@dataclass
class InfoConfig:
    """Trained weights, images and output."""

    model: ModelConfig = field(default_factory=ModelConfig)
    weights: Path | None = None
    """Folder of a run, or blind-gray, instead of the --model options."""
    image: Path | None = None
    """Draw the index maps of this image."""
    out: Path = Path("index-maps")
    """Folder for the index maps."""


def info(config: InfoConfig) -> None:
    """Print parameters and GFLOPs as in Table 5; draw index maps (Fig. 10) where an image is given."""
    refuse_options_of_weights(config.weights, config.model)
    # A bad picture is found before anything is printed.
    image = None if config.image is None else read_image(config.image)
    if config.weights is not None:
        model = load_model(config.weights)
    else:
        model = create_model(**config.model.arguments()).eval()
    options: dict[str, object] = dict(model.config)  # type: ignore[arg-type]
    channels = model_channels(model)
    pictures = {} if image is None else _index_maps(model, convert_channels(image, channels))
    if image is not None and not pictures:
        raise UserError(
            f"this network has no index maps to draw for {config.image}: it holds no index network"
        )
    cost = measure_complexity(model, torch.zeros(1, channels, 224, 224))
    for key, value in options.items():
        print(f"{key:<14} {value}")
    print(f"{'parameters':<14} {cost.parameters:,}")
    print(f"{'GFLOPs':<14} {cost.gflops:.3f} (multiply-accumulates / 2^30 at {channels} x 224 x 224)")
    if config.image is not None:
        for name, picture in pictures.items():
            write_image(config.out / f"{config.image.stem}-{name}.png", picture)
        say(f"wrote the index maps of {len(pictures) // 2} stages to {config.out}")
        if config.weights is None:
            say("they are those of random weights; --weights RUN or blind-gray draws trained ones")


def _index_maps(model: torch.nn.Module, pixels: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Two pictures of each stage, by name."""
    return {
        f"stage{number}-{side}": picture[0].numpy()
        for number, stage in enumerate(index_pictures(model, to_tensor(pixels), stride_of(model)), 1)
        for side, picture in stage.items()
    }
