"""Index maps as images (Fig. 10)."""

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from indexnet_core.functional.padding import crop_to, pad_to_multiple
from indexnet_core.hooks import observing
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.networks.prediction import IndexPrediction

__all__ = ["IndexSide", "collect_index_maps", "index_picture", "index_pictures"]

IndexSide = Literal["encoder", "decoder"]


def index_picture(
    prediction: IndexPrediction, side: IndexSide = "decoder", *, stretch: bool = True
) -> Tensor:
    """A gray image of one stage's indices: the holistic map, or the channel mean of a depthwise one.

    Args:
        prediction: of an index network.
        side: the map to show.
        stretch: whether each image is stretched to [0, 1]; a constant map becomes gray (0.5).

    Shape: the map (B, C, H, W) or (B, 1, H, W) -> (B, H, W), float32, values in [0, 1]

    >>> prediction = IndexPrediction(torch.rand(1, 4, 8, 2, 2), "sigmoid", 2, torch.float32)
    >>> index_picture(prediction, "encoder").shape
    torch.Size([1, 4, 4])
    """
    if side not in get_args(IndexSide):
        raise ValueError(f"side must be 'encoder' or 'decoder', got {side!r}")
    picture = getattr(prediction, side).detach().float().mean(1)
    if not stretch:
        return picture
    low = picture.amin((1, 2), keepdim=True)
    span = picture.amax((1, 2), keepdim=True) - low
    return torch.where(span > 0, (picture - low) / span.clamp_min(torch.finfo(torch.float32).tiny), 0.5)


def collect_index_maps(model: nn.Module, *inputs: Tensor) -> list[IndexPrediction]:
    """Run a model and return its index networks' predictions in the order in which they were made.

    Works on any model that holds index networks, including modelwise ones (called once per stage). The model
    is run in evaluation mode; its mode is restored.
    """
    predictions: list[IndexPrediction] = []

    def keep(_network: nn.Module, _args: object, prediction: IndexPrediction) -> None:
        predictions.append(prediction)

    networks = [module for module in model.modules() if isinstance(module, IndexNetwork)]
    with observing(model, networks, keep):
        model(*inputs)
    return predictions


def index_pictures(model: nn.Module, image: Tensor, stride: int) -> list[dict[IndexSide, Tensor]]:
    """Gray images of the index maps of all stages, cropped to the input without its padding.

    Args:
        model: any that holds index networks; its mode is restored.
        image: the model's input, of any height and width.
        stride: the image is padded to a multiple of it.

    Shape: image (B, C, H, W) -> for each stage and side (B, H / f, W / f), rounded up, where f is the factor
        of the poolings before it; float32, values in [0, 1]
    """
    x = pad_to_multiple(image, stride)
    height, width = image.shape[-2:]
    stages = []
    for prediction in collect_index_maps(model, x):
        pictures = {side: index_picture(prediction, side) for side in get_args(IndexSide)}
        factor = x.shape[-2] // pictures["decoder"].shape[-2]
        size = (-(-height // factor), -(-width // factor))
        stages.append({side: crop_to(picture, size) for side, picture in pictures.items()})
    return stages
