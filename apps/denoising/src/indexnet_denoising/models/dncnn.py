"""DnCNN (Zhang et al., the paper's [10]): 17 convolutions at full resolution that predict the noise."""

from collections import OrderedDict

from torch import Tensor, nn

from indexnet_core import Init, initialize
from indexnet_engine.models.dense_network import DenseNetwork

__all__ = ["DnCNN"]


class DnCNN(DenseNetwork):
    """The baseline without downsampling: 556,096 parameters, 25.894 GFLOPs at 1 × 224 × 224 (Table 5).

    Args:
        channels: 1 for gray, 3 for colour.
        width: channels of the hidden layers.
        depth: number of convolutions.
        norm: whether the inner convolutions are followed by batch norm (15 of them).
        bias: whether every convolution has a bias; the first always has one, the others do not where
            batch norm follows. Networks published with batch norm folded into the convolutions are
            ``norm=False, bias=True``.
        init: ``he`` ("improved Xavier" [41]) or ``released``.
        zero_prediction: whether the last convolution starts at zero, so that training starts from the
            identity; helps short trainings much; not in the paper.

    Shape: noisy image (B, channels, H, W), any size, values about [0, 1] -> denoised image of the same shape,
        not clipped
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 64,
        depth: int = 17,
        *,
        norm: bool = True,
        bias: bool = False,
        init: Init = "he",
        zero_prediction: bool = False,
    ) -> None:
        super().__init__(1, any_size=True, reach=depth)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for layer in range(depth):
            first, last = layer == 0, layer == depth - 1
            layers[f"conv{layer}"] = nn.Conv2d(
                channels if first else width, channels if last else width, 3, padding=1, bias=bias or first
            )
            if norm and not (first or last):
                layers[f"norm{layer}"] = nn.BatchNorm2d(width)
            if not last:
                layers[f"act{layer}"] = nn.ReLU(inplace=True)
        self.layers = nn.Sequential(layers)
        initialize(self, init)
        if zero_prediction:
            nn.init.zeros_(layers[f"conv{depth - 1}"].weight)  # type: ignore[arg-type]

    def estimate(self, x: Tensor) -> Tensor:
        """Subtract the predicted noise."""
        return x - self.layers(x)
