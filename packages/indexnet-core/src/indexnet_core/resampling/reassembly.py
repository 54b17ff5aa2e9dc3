"""Content-aware reassembly (CARAFE, Section 3.3): a normalised kernel over a window for each point."""

import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.errors import ShapeError
from indexnet_core.functional.index_functions import unshuffle

__all__ = ["reassemble", "reassemble_down"]


def reassemble(y: Tensor, kernels: Tensor, k: int) -> Tensor:
    """Each upsampled point is a weighted sum of s × s values around its source, zero beyond the border.

    The reassembly of CARAFE (Wang et al., ICCV 2019, Eq. 3). In terms of Section 3 of *Index Networks* it is
    `multi_point_upsample` with a holistic kernel of s·k × s·k indices, except at the border.

    Windows are not unfolded in memory (s² times the feature map): the sum adds one value of each window at a
    time, and the backward pass needs only y and the kernels.

    Args:
        y: feature map to upsample.
        kernels: [:, n, p] weighs value n of the window, row-major, for point p of a region, row-major.
        k: the factor.

    Shape: y (B, C, h, w), kernels (B, s², k², h, w), s odd -> (B, C, kh, kw)

    Raises:
        ShapeError: if the kernels do not fit y.
    """
    windows = _windows(y.unsqueeze(2), _side(kernels, k, y.shape))
    batch, channels, height, width = y.shape
    made = y.new_zeros(batch, channels, k * k, height, width)
    for window, kernel in zip(windows, kernels.to(y.dtype).unbind(1)):
        made = made.addcmul(window, kernel.unsqueeze(1))  # (B, C, 1, h, w) × (B, 1, k², h, w)
    return F.pixel_shuffle(made.flatten(1, 2), k)


def reassemble_down(x: Tensor, kernels: Tensor, k: int) -> Tensor:
    """Each downsampled point is a weighted sum of s·k × s·k values around its region, zero beyond the border.

    It connects the same points as `reassemble`, in the other direction. There, kernel value [n, p] of a
    region weighs value n of the window for point p of the region; here it weighs point p of region n of the
    window for the region's value. With s = 1 it is indexed pooling with a holistic index.

    Shape: x (B, C, kh, kw), kernels (B, s², k², h, w), s odd -> (B, C, h, w)

    Raises:
        ShapeError: if the kernels do not fit x.
    """
    batch, channels, height, width = x.shape
    side = _side(kernels, k, torch.Size((batch, channels, height // k, width // k)))
    regions = unshuffle(x, k).unflatten(1, (channels, k * k))
    made = torch.zeros_like(regions)
    for window, kernel in zip(_windows(regions, side), kernels.to(x.dtype).unbind(1)):
        made = made.addcmul(window, kernel.unsqueeze(1))
    return made.sum(2)


def _windows(maps: Tensor, side: int) -> list[Tensor]:
    """The maps (…, h, w), shifted to the side² positions of a window (row-major); views of one tensor."""
    height, width = maps.shape[-2:]
    bordered = F.pad(maps, [side // 2] * 4)
    return [
        bordered[..., row : row + height, column : column + width]
        for row in range(side)
        for column in range(side)
    ]


def _side(kernels: Tensor, k: int, low: torch.Size) -> int:
    """The side s of the kernels, checked against the size of the smaller feature map."""
    side = round(int(kernels.shape[1]) ** 0.5)
    fits = kernels.ndim == 5 and side % 2 and kernels.shape[1:3] == (side * side, k * k)
    if not fits or kernels.shape[0] != low[0] or kernels.shape[3:] != low[2:]:
        raise ShapeError(
            f"kernels of shape {tuple(kernels.shape)} do not fit {low[2]}x{low[3]} regions of {k}x{k}: "
            f"expected ({low[0]}, s², {k * k}, {low[2]}, {low[3]}), s odd"
        )
    return side
