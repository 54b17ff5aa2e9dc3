"""Light-weight RefineNet on MobileNetV2 (Table 2, B2), with chained residual pooling for context."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core import Init, initialize
from indexnet_engine.models.layers import conv_norm, conv_norm_relu6, scaled
from indexnet_engine.models.mobilenet import MobileNetEncoder
from indexnet_matting.models.base import MattingNetwork
from indexnet_matting.models.layers import resize_like

__all__ = ["ChainedResidualPooling", "RefineNetMatting"]

_LEVELS = ((7, 6), (5, 4), (3,), (2,))


class ChainedResidualPooling(nn.Module):
    """A chain of max pooling (5×5, stride 1) and 1×1 convolution, every link added to the feature.

    Shape: (B, channels, H, W) -> the same
    """

    def __init__(self, channels: int, links: int = 4) -> None:
        super().__init__()
        self.links = nn.ModuleList(conv_norm(channels, channels, 1) for _ in range(links))

    def forward(self, x: Tensor) -> Tensor:
        """Add the output of every link to the feature."""
        link = x
        for convolution in self.links:
            link = convolution(F.max_pool2d(link, 5, stride=1, padding=2))
            x = x + link
        return x


class RefineNetMatting(MattingNetwork):
    """MobileNetV2 with its strides; each level's features are added and pooled, then upsampled bilinearly.

    3,254,587 parameters and 1.533 GFLOPs at 4 × 225 × 225. Takes every size; at sides of 32n + 1 pixels the
    interpolation is aligned exactly.

    Args:
        width, init, pad: as in `DeepLabMatting`.

    Shape: input (B, 4, H, W) -> alpha (B, 1, H, W), not clipped to [0, 1]

    >>> RefineNetMatting(width=0.1).eval()(torch.rand(1, 4, 65, 50)).shape
    torch.Size([1, 1, 65, 50])
    """

    encoder: MobileNetEncoder

    def __init__(self, *, width: float = 1.0, init: Init = "he", pad: bool = False) -> None:
        super().__init__(32, pad=pad, any_size=True)
        self.encoder = MobileNetEncoder(4, width, conv_stride=2)
        hidden = scaled(256, width)
        self.reduce = nn.ModuleDict(
            {
                str(layer): conv_norm(self.encoder.channels[layer], hidden, 1)
                for level in _LEVELS
                for layer in level
            }
        )
        self.pools = nn.ModuleList(ChainedResidualPooling(hidden) for _ in _LEVELS)
        self.adapt = nn.ModuleList(conv_norm(hidden, hidden, 1) for _ in _LEVELS[1:])
        self.prediction = nn.Sequential(
            conv_norm_relu6(hidden, 1, 5), nn.Conv2d(1, 1, 5, padding=2, bias=False)
        )
        initialize(self, init)

    def estimate(self, x: Tensor) -> Tensor:
        """Decode from the coarsest level to a quarter of the size, then interpolate."""
        features = []
        y = x
        for blocks in self.encoder.layers:
            y = blocks(y)
            features.append(y)
        levels = [self._level(features, layers) for layers in _LEVELS]
        y = self.pools[0](F.relu6(levels[0]))  # (B, 256, H/32, W/32)
        for level, adapt, pool in zip(levels[1:], self.adapt, self.pools[1:]):
            y = pool(F.relu6(level + resize_like(adapt(y), level)))
        return resize_like(self.prediction(y), x)

    def _level(self, features: list[Tensor], layers: tuple[int, ...]) -> Tensor:
        """Return the features of one size, added at one width."""
        return torch.stack([self.reduce[str(layer)](features[layer]) for layer in layers]).sum(0)
