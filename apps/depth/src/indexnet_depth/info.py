"""What a network costs, and what its indices look like."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from indexnet_core import crop_to, measure_complexity, pad_to_multiple
from indexnet_core.visualize import collect_index_maps, index_picture
from indexnet_depth.config import ModelConfig
from indexnet_depth.estimate import load_model
from indexnet_depth.models import create_model
from indexnet_engine.errors import UserError
from indexnet_engine.images import read_image, to_tensor, write_image
from indexnet_engine.inference import refuse_options_of_weights, stride_of
from indexnet_engine.progress import say

__all__ = ["InfoConfig", "info"]

SIDE = 224
"""Table 7 counts at 3 × 224 × 224."""


@dataclass
class InfoConfig:
    """A network by its options, or trained weights."""

    model: ModelConfig = field(default_factory=ModelConfig)
    weights: Path | None = None
    """Trained weights instead of the options under model: the folder of a run."""
    image: Path | None = None
    """Draw the index maps that this picture gives."""
    out: Path = Path("index-maps")
    """Folder for the index maps."""


def info(config: InfoConfig) -> None:
    """Print parameters and GFLOPs as in Table 7; draw index maps (Fig. 10) of a picture."""
    refuse_options_of_weights(config.weights, config.model)
    if config.weights is not None:
        model = load_model(config.weights)
    else:
        model = create_model(**config.model.arguments()).eval()
    cost = measure_complexity(model, torch.zeros(1, 3, SIDE, SIDE))
    for key, value in model.config.items():
        print(f"{key:<14} {value}")
    print(f"{'parameters':<14} {cost.parameters:,}")
    print(f"{'GFLOPs':<14} {cost.gflops:.3f} (multiply-accumulates / 2^30 at 3 x {SIDE} x {SIDE})")
    if config.image is not None:
        _draw(model, config.image, config.out)
        if config.weights is None:
            say("note: they are those of random weights; --weights RUN draws trained ones")


@torch.inference_mode()
def _draw(model: nn.Module, file: Path, out: Path) -> None:
    image = read_image(file, 3)
    height, width = image.shape[:2]
    x = pad_to_multiple(to_tensor(image), stride_of(model))
    maps = collect_index_maps(model, x)
    if not maps:
        raise UserError(f"this network has no index maps to draw for {file}: it holds no index network")
    for stage, pair in enumerate(maps):
        for side in ("encoder", "decoder"):
            picture = index_picture(pair, side)
            factor = x.shape[-2] // picture.shape[-2]  # what has been pooled before this stage
            picture = crop_to(picture, (-(-height // factor), -(-width // factor)))
            write_image(out / f"{file.stem}-stage{stage + 1}-{side}.png", picture[0].numpy())
    say(f"wrote the index maps of {len(maps)} stages to {out}")
