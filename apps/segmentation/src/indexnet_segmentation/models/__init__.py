"""The segmentation network of Table 6."""

from typing import Any

from indexnet_engine.models.create_network import create_network
from indexnet_engine.models.encoder_weights import encoder_batch_norms
from indexnet_segmentation.models.encoder_weights import IMAGENET, load_encoder
from indexnet_segmentation.models.segnet import SegNet

__all__ = [
    "IMAGENET",
    "MODELS",
    "SegNet",
    "create_model",
    "encoder_batch_norms",
    "load_encoder",
]

MODELS: dict[str, type[SegNet]] = {"segnet": SegNet}


def create_model(model: str = "segnet", **arguments: Any) -> SegNet:
    """Build a network by name.

    Args:
        model: ``segnet``.
        arguments: those of `SegNet`; kept, with the name, as ``.config``.

    Raises:
        SpecError: if the name or an argument is unknown or out of range.

    >>> create_model("segnet", resampling="o2o-shared-nl", classes=11, width=8).config
    {'model': 'segnet', 'resampling': 'o2o-shared-nl', 'classes': 11, 'width': 8}
    """
    return create_network(MODELS, "segmentation", model, arguments)
