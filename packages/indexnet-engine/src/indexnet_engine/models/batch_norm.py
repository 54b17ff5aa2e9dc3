"""The batch norm layers of a model."""

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

__all__ = ["batch_norms", "freeze_batch_norm"]


def batch_norms(model: nn.Module) -> list[nn.Module]:
    """Return all batch norm layers of a model, those of index networks and synchronised ones included."""
    return [layer for layer in model.modules() if isinstance(layer, _BatchNorm)]


def freeze_batch_norm(model: nn.Module) -> None:
    """Let all batch norm layers keep their running statistics, and normalise with them as in prediction.

    In training a layer normalises with the mean and variance of the batch, in prediction with running ones.
    Where the features of an image differ much from these, the network computes another function than the
    one it was trained for: a denoiser leaves whole regions of an image noisy. After freezing, it is trained
    for the function that prediction runs. Scale and shift of the layers remain trainable.
    """
    for layer in batch_norms(model):
        layer.eval()
