"""Base class of the segmentation networks: an encoder that can be pretrained, and scores as output."""

from torch import nn

from indexnet_engine.models.dense_network import DenseNetwork

__all__ = ["SegmentationNetwork"]


class SegmentationNetwork(DenseNetwork):
    """From an image to the scores of its classes; subclasses implement `estimate`.

    Attributes:
        encoder: the part that ImageNet weights are loaded into.
        prediction: the last convolution, whose outputs are the classes.

    Shape: image (B, 3, H, W), with ImageNet's mean and deviation -> scores (B, classes, H, W), no softmax
    """

    encoder: nn.Module
    prediction: nn.Conv2d
