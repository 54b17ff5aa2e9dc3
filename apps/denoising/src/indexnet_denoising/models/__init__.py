"""The denoising networks of Table 5."""

from typing import Any

from indexnet_denoising.models.dncnn import DnCNN
from indexnet_denoising.models.dncnn_segnet import DnCNNSegNet
from indexnet_engine.models.create_network import create_network
from indexnet_engine.models.dense_network import DenseNetwork
from indexnet_engine.models.layers import check_whole

__all__ = ["MODELS", "DnCNN", "DnCNNSegNet", "create_model"]

MODELS: dict[str, type[DenseNetwork]] = {"dncnn": DnCNN, "dncnn-segnet": DnCNNSegNet}


def create_model(model: str, **arguments: Any) -> DenseNetwork:
    """Build a network by name.

    Args:
        model: ``dncnn`` or ``dncnn-segnet``.
        arguments: those of `DnCNN` or `DnCNNSegNet`; kept, with the name, as ``.config``.

    Raises:
        SpecError: if the name or an argument is unknown.

    >>> create_model("dncnn-segnet", resampling="o2o-shared-nl", width=8).config
    {'model': 'dncnn-segnet', 'resampling': 'o2o-shared-nl', 'width': 8}
    """
    for name in ("channels", "width", "depth"):
        check_whole(name, arguments.get(name, 1))
    return create_network(MODELS, "denoising", model, arguments)
