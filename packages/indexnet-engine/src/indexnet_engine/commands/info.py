"""The command ``info``: the cost of a network, and its index maps as images."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from indexnet_core import measure_complexity
from indexnet_engine.application import Application, InfoOptions
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.device import refuse_options_of_weights
from indexnet_engine.inference.predictor import Predictor
from indexnet_engine.progress import say

__all__ = ["info"]


def info(application: Application[Any], config: InfoOptions) -> None:
    """Print parameters and GFLOPs as the paper counts them; draw index maps (Fig. 10) of an image.

    The image is read and index maps are drawn before anything is printed.

    Raises:
        UserError: the options contradict each other, a file cannot be read, or there are no index maps.
    """
    refuse_options_of_weights(config.weights, config.model)
    image = application.read_image(config)
    if config.weights is None:
        predictor = application.predictor(application.create_model(config).eval())
    else:
        predictor = application.predictor.from_pretrained(
            config.weights, device="cpu", precision="as-trained"
        )
    pictures = {} if image is None else _draw(application, predictor, image, config)
    facts = {
        **application.model_options(predictor.model),
        **_cost(application, predictor),
        **application.more_facts(predictor, config),
    }
    for name, value in facts.items():
        print(f"{name:<14} {value}")
    if config.image is not None:
        for name, picture in pictures.items():
            write_image(config.out / f"{config.image.stem}-{name}.png", picture)
        say(f"wrote {application.written(len(pictures))} to {config.out}")
        if config.weights is None:
            say(application.random_weights_note)


def _cost(application: Application[Any], predictor: Predictor) -> dict[str, str]:
    channels = application.channels(predictor.model)
    side = application.counting_side(predictor.model)
    cost = measure_complexity(predictor.model, torch.zeros(1, channels, side, side))
    counted = f"(multiply-accumulates / 2^30 at {channels} x {side} x {side})"
    return {"parameters": f"{cost.parameters:,}", "GFLOPs": f"{cost.gflops:.3f} {counted}"}


def _draw(
    application: Application[Any], predictor: Predictor, image: tuple[Any, ...], config: InfoOptions
) -> dict[str, NDArray[np.generic]]:
    """Draw the index maps, two images per stage, and the application's own images."""
    pictures: dict[str, NDArray[np.generic]] = {
        f"stage{number}-{side}": picture
        for side, stages in predictor.index_pictures(*image).items()
        for number, picture in enumerate(stages, 1)
    }
    pictures |= application.more_pictures(predictor, image, config)
    if not pictures:
        raise UserError(
            f"this network has no index maps to draw for {config.image}: it holds no index network"
        )
    return pictures
