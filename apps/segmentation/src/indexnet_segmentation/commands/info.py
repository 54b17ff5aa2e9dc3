"""What a network costs, and what its indices look like."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from indexnet_core import index_pictures, measure_complexity
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.inference.device import refuse_options_of_weights, stride_of
from indexnet_engine.progress import say
from indexnet_segmentation.config import ModelConfig
from indexnet_segmentation.models import SegNet, create_model
from indexnet_segmentation.predictor import load_segmenter, network_input

__all__ = ["InfoConfig", "info"]


@dataclass
class InfoConfig:
    """Trained weights, images and output."""

    model: ModelConfig = field(default_factory=ModelConfig)
    classes: int = 37
    """Number of classes; 37 in Table 6."""
    weights: Path | None = None
    """Folder of a run, instead of --classes and the --model options."""
    image: Path | None = None
    """Draw the index maps of this image."""
    out: Path = Path("index-maps")
    """Folder for the index maps."""


def info(config: InfoConfig) -> None:
    """Print parameters and GFLOPs as in Table 6; draw index maps (Fig. 10) of a picture."""
    refuse_options_of_weights(config.weights, config.model)
    if config.weights is not None and config.classes != InfoConfig.classes:
        raise UserError(f"{config.weights}: trained weights have classes of their own; leave out --classes")
    # A bad picture is found before anything is printed.
    image = None if config.image is None else read_image(config.image, 3)
    scale = 1.0
    if config.weights is None:
        model = create_model(**config.model.arguments(config.classes)).eval()
    else:
        model, classes, scale = load_segmenter(config.weights)
    pictures = {} if image is None else _index_maps(model, image, scale)
    if image is not None and not pictures:
        raise UserError(
            f"this network has no index maps to draw for {config.image}: it holds no index network"
        )
    cost = measure_complexity(model, torch.zeros(1, 3, 224, 224))
    for key, value in model.config.items():
        print(f"{key:<14} {value}")
    print(f"{'parameters':<14} {cost.parameters:,}")
    print(f"{'GFLOPs':<14} {cost.gflops:.3f} (multiply-accumulates / 2^30 at 3 x 224 x 224)")
    if config.weights is not None:
        print(f"{'scale':<14} {scale:g}")
        print(f"{'names':<14} {', '.join(classes.names)}")
    if config.image is not None:
        for name, picture in pictures.items():
            write_image(config.out / f"{config.image.stem}-{name}.png", picture)
        say(f"wrote the index maps of {len(pictures) // 2} stages to {config.out}")
        if config.weights is None:
            say("note: they are those of random weights; --weights RUN draws trained ones")


def _index_maps(model: SegNet, image: NDArray[np.float32], scale: float) -> dict[str, NDArray[np.float32]]:
    """Two pictures of each stage, by name."""
    return {
        f"stage{number}-{side}": picture[0].numpy()
        for number, stage in enumerate(
            index_pictures(model, network_input(image, scale), stride_of(model)), 1
        )
        for side, picture in stage.items()
    }
