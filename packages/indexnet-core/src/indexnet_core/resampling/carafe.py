"""CARAFE: upsampling by kernels predicted from the content (Wang et al., ICCV 2019)."""

from torch import Tensor, nn

from indexnet_core.functional.indexed import softmax_positions
from indexnet_core.initialization import initialize
from indexnet_core.resampling.reassembly import reassemble

__all__ = ["Carafe"]


class Carafe(nn.Module):
    """Content-aware reassembly of features, with the paper's settings (its Sections 3.2 and 3.3).

    Kernels: a 1×1 convolution to ``compressed`` channels, a 3×3 convolution to ``side``²·k², softmax over the
    ``side``² values of a window. Reassembly: `reassemble`. Both convolutions have a bias; the second starts
    near zero (normal, 0.001), so that at first each point is the mean of its window, the first by He.

    Parameters, with m = ``compressed`` and s = ``side``: C·m + m + 9·m·s²k² + s²k², that is 64·C + 57,764; at
    C = 256 74,148. By the convention of `measure_complexity` the multiply-accumulates are
    (C·m + 9·m·s²k²)·h·w; the reassembly, s²k²·C·h·w more, is not a convolution and is not counted, like the
    product with an index map.

    Args:
        channels: width C of the feature map, which is kept.
        k: the factor.
        side: side of a window, odd.
        compressed: number of channels from which kernels are predicted.

    Shape: y (B, C, h, w) -> (B, C, kh, kw)

    >>> import torch
    >>> Carafe(16)(torch.rand(1, 16, 4, 6)).shape, sum(p.numel() for p in Carafe(256).parameters())
    (torch.Size([1, 16, 8, 12]), 74148)
    """

    def __init__(self, channels: int, k: int = 2, *, side: int = 5, compressed: int = 64) -> None:
        super().__init__()
        self.k = k
        self.side = side
        self.compress = nn.Conv2d(channels, compressed, 1)
        self.encode = nn.Conv2d(compressed, side**2 * k**2, 3, padding=1)
        initialize(self)
        nn.init.normal_(self.encode.weight, std=0.001)

    def forward(self, y: Tensor) -> Tensor:
        """Predict a kernel for each upsampled point and reassemble."""
        # Channel n·k² + p is value n of the window for point p of the region.
        logits = self.encode(self.compress(y)).unflatten(1, (self.side**2, self.k**2))
        return reassemble(y, softmax_positions(logits), self.k)

    def extra_repr(self) -> str:
        """Factor and window, for printing."""
        return f"k={self.k}, side={self.side}"
