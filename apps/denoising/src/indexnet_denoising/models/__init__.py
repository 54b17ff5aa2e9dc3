"""The denoising networks: those of Table 5, and one of our own."""

from typing import Any

from indexnet_denoising.models.dncnn import DnCNN
from indexnet_denoising.models.dncnn_segnet import DnCNNSegNet
from indexnet_denoising.models.index_unet import IndexUNet
from indexnet_engine.models.create_network import create_network
from indexnet_engine.models.dense_network import DenseNetwork
from indexnet_engine.models.layers import check_whole

__all__ = ["MODELS", "DnCNN", "DnCNNSegNet", "IndexUNet", "create_model"]

MODELS: dict[str, type[DenseNetwork]] = {
    "dncnn": DnCNN,
    "dncnn-segnet": DnCNNSegNet,
    "index-unet": IndexUNet,
}


def create_model(model: str, **arguments: Any) -> DenseNetwork:
    """Build a network by name.

    Args:
        model: a key of `MODELS`: ``dncnn``, ``dncnn-segnet`` or ``index-unet``.
        arguments: those of its class; kept, with the name, as ``.config``.

    Raises:
        SpecError: if the name or an argument is unknown.

    >>> create_model("dncnn-segnet", resampling="o2o-shared-nl", width=8).config
    {'model': 'dncnn-segnet', 'resampling': 'o2o-shared-nl', 'width': 8}
    """
    for name in ("channels", "width", "depth", "blocks"):
        check_whole(name, arguments.get(name, 1))
    return create_network(MODELS, "denoising", model, arguments)
