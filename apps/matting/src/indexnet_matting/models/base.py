"""Base class of the matting networks: an encoder that can be pretrained, and a matte as output."""

from torch import nn

from indexnet_engine.models.dense_network import DenseNetwork

__all__ = ["MattingNetwork"]


class MattingNetwork(DenseNetwork):
    """From an image and a trimap to an alpha matte; subclasses implement `estimate`.

    Attributes:
        encoder: the part that ImageNet weights are loaded into.

    Shape: input (B, 4, H, W), see `network_input` -> alpha (B, 1, H, W), not clipped to [0, 1]
    """

    encoder: nn.Module
