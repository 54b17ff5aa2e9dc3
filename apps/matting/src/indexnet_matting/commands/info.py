"""What a network costs, and what its indices look like."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from indexnet_core import measure_complexity, optimize_for_inference
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, require_same_size, write_image
from indexnet_engine.images.panels import index_sheet
from indexnet_engine.inference.device import refuse_options_of_weights
from indexnet_engine.progress import say
from indexnet_engine.randomness import seed_everything
from indexnet_engine.reports.data_problems import counted
from indexnet_matting.config import ModelConfig
from indexnet_matting.data.files import read_alpha
from indexnet_matting.data.trimap import read_trimap
from indexnet_matting.models import MattingNetwork, create_model
from indexnet_matting.output.panels import INDEX_HEIGHT, index_pictures, matting_panel
from indexnet_matting.predictor import load_model, matte
from indexnet_matting.tile_memory import SIDES, bytes_per_pixel

__all__ = ["InfoConfig", "info"]


@dataclass
class InfoConfig:
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
    out: Path = Path("index-maps")
    """Folder for the index maps."""


def info(config: InfoConfig) -> None:
    """Print parameters and GFLOPs as in Tables 2 and 3; draw what a network makes of a picture (Fig. 10)."""
    refuse_options_of_weights(config.weights, config.model)
    if (config.image is None) != (config.trimap is None):
        raise UserError("--image and --trimap belong together: index maps depend on both")
    # Bad pictures are found before anything is printed.
    shown = None
    if config.image is not None and config.trimap is not None:
        shown = _read(config.image, config.trimap, config.alpha)
    if config.weights is not None:
        model = load_model(config.weights)
    else:
        model = create_model(**config.model.arguments()).eval()
    options: dict[str, object] = dict(model.config)
    pictures = {} if shown is None else _draw(model, shown, config)
    side = 225 if getattr(model, "any_size", False) else 224  # B1 and B2 are counted at the odd size
    cost = measure_complexity(model, torch.zeros(1, 4, side, side))
    for key, value in options.items():
        print(f"{key:<14} {value}")
    print(f"{'parameters':<14} {cost.parameters:,}")
    print(f"{'GFLOPs':<14} {cost.gflops:.3f} (multiply-accumulates / 2^30 at 4 x {side} x {side})")
    needed = bytes_per_pixel(optimize_for_inference(model), SIDES[-1])  # as `predict` runs it
    print(f"{'memory':<14} {needed / 1e3:.2f} GB a million pixels, in prediction")
    if config.image is not None:
        for name, picture in pictures.items():
            write_image(config.out / f"{config.image.stem}-{name}.png", picture)
        say(f"wrote {counted(len(pictures), 'picture')} to {config.out}")
        if config.weights is None:
            say("note: they are those of random weights; --weights RUN draws trained ones")


class _Shown(NamedTuple):
    """A picture with its trimap, and its true matte where there is one."""

    image: NDArray[np.float32]
    trimap: NDArray[np.uint8]
    truth: NDArray[np.float32] | None


def _read(image_file: Path, trimap_file: Path, alpha_file: Path | None) -> _Shown:
    image, trimap = read_image(image_file, 3), read_trimap(trimap_file, tell=True)
    require_same_size(trimap_file, trimap, image_file, image)
    truth = None
    if alpha_file is not None:
        truth = read_alpha(alpha_file)
        require_same_size(alpha_file, truth, image_file, image)
    return _Shown(image, trimap, truth)


def _draw(model: MattingNetwork, shown: _Shown, config: InfoConfig) -> dict[str, NDArray[np.generic]]:
    """Draw the index maps, and with trained weights what they were before training, and the matte."""
    image, trimap, truth = shown
    pictures: dict[str, NDArray[np.generic]] = {}
    for side, stages in index_pictures(model, image, trimap).items():
        pictures |= {f"stage{number}-{side}": stage for number, stage in enumerate(stages, 1)}
    if not pictures and config.weights is None:
        raise UserError(
            f"this network has no index maps to draw for {config.image}: it holds no index network"
        )
    if pictures:
        networks = {"random weights": model} if config.weights is None else _before_and_after(model)
        rows = {name: index_pictures(one, image, trimap)["decoder"] for name, one in networks.items()}
        pictures["index"] = index_sheet(rows, INDEX_HEIGHT)
    if config.weights is not None:
        pictures["panel"] = matting_panel(image, trimap, matte(model, image, trimap), truth)
    return pictures


def _before_and_after(model: MattingNetwork) -> dict[str, MattingNetwork]:
    """A trained network below one as it may have begun: the same, with random weights."""
    seed_everything(0)
    return {"random weights": create_model(**model.config).eval(), "trained": model}
