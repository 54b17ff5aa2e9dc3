"""What a network costs, and what its indices look like."""

from dataclasses import dataclass, field
from pathlib import Path

import torch

from indexnet_core import crop_to, measure_complexity, pad_to_multiple
from indexnet_core.visualize import collect_index_maps, index_picture
from indexnet_engine.errors import UserError
from indexnet_engine.images import read_image, write_image
from indexnet_engine.inference import refuse_options_of_weights, stride_of
from indexnet_engine.progress import say
from indexnet_segmentation.config import ModelConfig
from indexnet_segmentation.models import SegNet, create_model
from indexnet_segmentation.segment import load_segmenter, network_input

__all__ = ["InfoConfig", "info"]


@dataclass
class InfoConfig:
    """A network by its options, or trained weights."""

    model: ModelConfig = field(default_factory=ModelConfig)
    classes: int = 37
    """Number of classes; 37 in Table 6."""
    weights: Path | None = None
    """Trained weights instead of the options: the folder of a run."""
    image: Path | None = None
    """Draw the index maps that this picture gives."""
    out: Path = Path("index-maps")
    """Folder for the index maps."""


def info(config: InfoConfig) -> None:
    """Print parameters and GFLOPs as in Table 6; draw index maps (Fig. 10) of a picture."""
    refuse_options_of_weights(config.weights, config.model)
    if config.weights is not None and config.classes != InfoConfig.classes:
        raise UserError(f"{config.weights}: trained weights have classes of their own; leave out --classes")
    scale = 1.0
    if config.weights is None:
        model = create_model(**config.model.arguments(config.classes)).eval()
    else:
        model, classes, scale = load_segmenter(config.weights)
    cost = measure_complexity(model, torch.zeros(1, 3, 224, 224))
    for key, value in model.config.items():
        print(f"{key:<14} {value}")
    print(f"{'parameters':<14} {cost.parameters:,}")
    print(f"{'GFLOPs':<14} {cost.gflops:.3f} (multiply-accumulates / 2^30 at 3 x 224 x 224)")
    if config.weights is not None:
        print(f"{'scale':<14} {scale:g}")
        print(f"{'names':<14} {', '.join(classes.names)}")
    if config.image is not None:
        _draw(model, config.image, scale, config.out)
        if config.weights is None:
            say("note: they are those of random weights; --weights RUN draws trained ones")


@torch.inference_mode()
def _draw(model: SegNet, file: Path, scale: float, out: Path) -> None:
    whole = network_input(read_image(file, 3), scale)
    height, width = whole.shape[-2:]
    x = pad_to_multiple(whole, stride_of(model))
    maps = collect_index_maps(model, x)
    if not maps:
        raise UserError(f"this network has no index maps to draw for {file}: it holds no index network")
    for stage, pair in enumerate(maps):
        for side in ("encoder", "decoder"):
            picture = index_picture(pair, side)
            # What has been pooled before this stage.
            factor = x.shape[-2] // picture.shape[-2]
            picture = crop_to(picture, (-(-height // factor), -(-width // factor)))
            write_image(out / f"{file.stem}-stage{stage + 1}-{side}.png", picture[0].numpy())
    say(f"wrote the index maps of {len(maps)} stages to {out}")
