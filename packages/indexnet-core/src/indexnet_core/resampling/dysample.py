"""DySample: upsampling by sampling at predicted positions (Liu et al., ICCV 2023)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["DySample"]


def _starts(k: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Position of each point in its region, from the region's centre, row-major: (2, k²), x first.

    Computed when it is needed: a buffer outside the state dict would be lost by `torch.nn.Module.to_empty`.
    """
    place = (torch.arange(k, dtype=dtype, device=device) - (k - 1) / 2) / k
    return torch.stack([place.repeat(k), place.repeat_interleave(k)])


class DySample(nn.Module):
    """Dynamic point sampling with a static scope factor, "linear, then pixel shuffle" (its Section 3).

    A 1×1 convolution (with bias) predicts an offset for each upsampled point, in units of a pixel of the map
    that is upsampled, times ``scope``; the point's value is read by bilinear interpolation at the position
    of bilinear upsampling, moved by the offset, with replicated borders. Offsets start near zero
    (normal, 0.001), so that at first this is bilinear upsampling (``align_corners=False``).

    Channels are split into groups with separate offsets: four as in the paper, or their greatest common
    divisor with C.

    Parameters: 2·g·k²·(C + 1), that is 32·(C + 1) for four groups and k = 2. By the convention of
    `measure_complexity` the multiply-accumulates are 2·g·k²·C·h·w; the sampling is not counted.

    Args:
        channels: width C of the feature map, which is kept.
        k: the factor.
        scope: length of an offset of 1 in pixels; with 0.25 and k = 2, points keep their order as long as
            offsets are within ±1.
        groups: number of groups, reduced to its greatest common divisor with C.

    Shape: y (B, C, h, w) -> (B, C, kh, kw)

    >>> DySample(64)(torch.rand(1, 64, 4, 6)).shape, sum(p.numel() for p in DySample(64).parameters())
    (torch.Size([1, 64, 8, 12]), 2080)
    """

    def __init__(self, channels: int, k: int = 2, *, scope: float = 0.25, groups: int = 4) -> None:
        super().__init__()
        self.k = k
        self.scope = scope
        self.groups = math.gcd(groups, channels)
        self.offset = nn.Conv2d(channels, 2 * self.groups * k**2, 1)
        nn.init.normal_(self.offset.weight, std=0.001)
        nn.init.zeros_(self.offset.bias)  # type: ignore[arg-type]  # there is a bias

    def forward(self, y: Tensor) -> Tensor:
        """Predict the offsets and sample."""
        batch, channels, height, width = y.shape
        # In half precision, coordinates on maps of a few hundred pixels would be wrong by whole pixels.
        exact = torch.promote_types(y.dtype, torch.float32)
        offset = self.offset(y).to(exact).unflatten(1, (2, self.groups, self.k**2))  # (B, 2, g, k², h, w)
        rows = torch.arange(height, device=y.device, dtype=exact).view(-1, 1).expand(height, width)
        columns = torch.arange(width, device=y.device, dtype=exact).expand(height, width)
        start = _starts(self.k, exact, y.device)[:, None, :, None, None]
        pixels = offset * self.scope + start + torch.stack([columns, rows])[:, None, None]
        # The centre of pixel i is (2i + 1) / size − 1 in grid_sample's coordinates without align_corners.
        grid = torch.stack([(2 * pixels[:, 0] + 1) / width - 1, (2 * pixels[:, 1] + 1) / height - 1], 1)
        grid = F.pixel_shuffle(grid.flatten(1, 3), self.k)  # (B, 2g, kh, kw)
        grid = grid.unflatten(1, (2, self.groups)).movedim(1, -1).flatten(0, 1)  # (B·g, kh, kw, 2)
        grouped = y.to(exact).reshape(batch * self.groups, channels // self.groups, height, width)
        sampled = F.grid_sample(grouped, grid, padding_mode="border", align_corners=False)
        return sampled.reshape(batch, channels, self.k * height, self.k * width).to(y.dtype)

    def extra_repr(self) -> str:
        """Factor, scope and groups, for printing."""
        return f"k={self.k}, scope={self.scope}, groups={self.groups}"
