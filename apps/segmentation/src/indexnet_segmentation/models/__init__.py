"""The segmentation network of Table 6, and one of our own."""

from collections.abc import Callable
from typing import Any

from indexnet_engine.models.create_network import create_network
from indexnet_engine.models.encoder_weights import encoder_batch_norms
from indexnet_segmentation.models.base import SegmentationNetwork
from indexnet_segmentation.models.encoder_weights import IMAGENET, load_encoder
from indexnet_segmentation.models.index_mobilenet import IndexMobileNet
from indexnet_segmentation.models.segnet import SegNet

__all__ = [
    "IMAGENET",
    "MODELS",
    "IndexMobileNet",
    "SegNet",
    "SegmentationNetwork",
    "create_model",
    "encoder_batch_norms",
    "load_encoder",
]

MODELS: dict[str, Callable[..., SegmentationNetwork]] = {"segnet": SegNet, "index-mobilenet": IndexMobileNet}


def create_model(model: str = "segnet", **arguments: Any) -> SegmentationNetwork:
    """Build a network by name.

    Args:
        model: ``segnet`` or ``index-mobilenet``.
        arguments: those of its class; kept, with the name, as ``.config``.

    Raises:
        SpecError: if the name or an argument is unknown or out of range.

    >>> create_model("segnet", resampling="o2o-shared-nl", classes=11, width=8).config
    {'model': 'segnet', 'resampling': 'o2o-shared-nl', 'classes': 11, 'width': 8}
    """
    return create_network(MODELS, "segmentation", model, arguments)
