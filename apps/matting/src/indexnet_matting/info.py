"""What a network costs, and what its indices look like."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from indexnet_core import crop_to, measure_complexity, pad_to_multiple
from indexnet_core.visualize import collect_index_maps, index_picture
from indexnet_engine.errors import UserError
from indexnet_engine.images import read_image, write_image
from indexnet_engine.inference import stride_of
from indexnet_engine.progress import say
from indexnet_matting.config import ModelConfig
from indexnet_matting.data.trimap import read_trimap
from indexnet_matting.matte import load_model, require_same_size, to_input
from indexnet_matting.memory import bytes_per_pixel
from indexnet_matting.models import create_model

__all__ = ["InfoConfig", "info"]


@dataclass
class InfoConfig:
    """A network by its options, or trained weights."""

    model: ModelConfig = field(default_factory=ModelConfig)
    weights: Path | None = None
    """Trained weights instead of the options under model: the folder of a run, or of imported weights."""
    image: Path | None = None
    """Draw the index maps that this picture gives, together with trimap."""
    trimap: Path | None = None
    """The picture's trimap."""
    out: Path = Path("index-maps")
    """Folder for the index maps."""


def info(config: InfoConfig) -> None:
    """Print parameters and GFLOPs as in Tables 2 and 3; draw index maps (Fig. 10) of a picture."""
    if (config.image is None) != (config.trimap is None):
        raise UserError("--image and --trimap belong together: index maps depend on both")
    if config.weights is not None:
        model = load_model(config.weights)
    else:
        model = create_model(**config.model.arguments()).eval()
    options: dict[str, object] = dict(model.config)
    side = 225 if getattr(model, "any_size", False) else 224  # B1 and B2 are counted at the odd size
    cost = measure_complexity(model, torch.zeros(1, 4, side, side))
    for key, value in options.items():
        print(f"{key:<14} {value}")
    print(f"{'parameters':<14} {cost.parameters:,}")
    print(f"{'GFLOPs':<14} {cost.gflops:.3f} (multiply-accumulates / 2^30 at 4 x {side} x {side})")
    print(f"{'memory':<14} {bytes_per_pixel(model) / 1e3:.2f} GB a million pixels, in prediction")
    if config.image is not None and config.trimap is not None:
        _draw(model, config.image, config.trimap, config.out)
        if config.weights is None:
            say("note: they are those of random weights; --weights RUN draws trained ones")


@torch.inference_mode()
def _draw(model: nn.Module, image_file: Path, trimap_file: Path, out: Path) -> None:
    image, trimap = read_image(image_file, 3), read_trimap(trimap_file)
    require_same_size(trimap_file, trimap, image_file, image)
    height, width = trimap.shape
    x = pad_to_multiple(to_input(image, trimap), stride_of(model))
    maps = collect_index_maps(model, x)
    if not maps:
        raise UserError(f"this network has no index maps to draw for {image_file}: it holds no index network")
    for stage, pair in enumerate(maps):
        for side in ("encoder", "decoder"):
            picture = index_picture(pair, side)
            factor = x.shape[-2] // picture.shape[-2]  # what has been pooled before this stage
            picture = crop_to(picture, (-(-height // factor), -(-width // factor)))
            write_image(out / f"{image_file.stem}-stage{stage + 1}-{side}.png", picture[0].numpy())
    say(f"wrote the index maps of {len(maps)} stages to {out}")
