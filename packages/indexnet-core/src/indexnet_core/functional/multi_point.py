"""Multi-point indexed upsampling (Section 5.5, point 4): every upsampled point has several sources.

The paper's IU is nearest interpolation times an index map: each upsampled point has one source. Its outlook
replaces nearest interpolation by zero stuffing and the k × k indices of a region by an odd kernel of indices,
3 × 3 for k = 2, so that a point is Σ_{x∈X} I(x)·x over a window X of the zero-stuffed map: the general rule
of Section 3, `apply_index`. (The paper says "first step of IP" there and means IU.)
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.errors import ShapeError
from indexnet_core.functional.index_functions import transposed_padding

__all__ = ["multi_point_upsample", "own_indices", "own_positions"]


def multi_point_upsample(y: Tensor, index: Tensor, k: int = 2) -> Tensor:
    """Indexed upsampling over the zero-stuffed map, with an s × s kernel of indices for every region.

    Zero stuffing puts y(i) at k·i, and the window of upsampled point j reaches from j + p − s + 1 to j + p,
    p = ⌈(s − k) / 2⌉, as a transposed convolution sees it. Each of a region's k² points could have a kernel
    of s² indices, but only the indices that meet a value and not a stuffed zero matter, s² for the whole
    region (for s = 3, k = 2: 1, 2, 2 and 4). So a region has one s × s kernel. As in the kernel of a
    transposed convolution, index (u, v) weighs value i in point k·i − p + (u, v); unlike there, it belongs to
    the region of that point. Beyond the border the map repeats its border. Three cases:

    - s = k: one source for each point, IU as in the paper (`indexed_upsample`, the kernels pixel-shuffled).
    - s = 2k − 1 and constant tents [½, 1, ½] ⊗ [½, 1, ½] (k = 2): bilinear interpolation with
      ``align_corners=True`` at size 2H − 1; row and column 2H repeat the border.
    - s = 2k and constant tents [¼, ¾, ¾, ¼] ⊗ [¼, ¾, ¾, ¼] (k = 2): bilinear interpolation with
      ``align_corners=False`` at size 2H.

    Args:
        y: feature map to upsample.
        index: the kernels, row-major, depthwise (B, C, s², h, w) or holistic (B, 1, s², h, w).
        k: side of a region, at least 2.

    Shape: y (B, C, h, w) -> (B, C, kh, kw)

    Raises:
        ShapeError: if s is not a whole number or smaller than k, or the kernels do not fit y.

    >>> constants = torch.tensor([0.5, 1, 0.5]).outer(torch.tensor([0.5, 1, 0.5])).view(1, 1, 9, 1, 1)
    >>> multi_point_upsample(torch.tensor([[[[0.0, 8.0]]]]), constants.expand(1, 1, 9, 1, 2)).tolist()
    [[[[0.0, 4.0, 8.0, 8.0], [0.0, 4.0, 8.0, 8.0]]]]
    """
    size = kernel_side(index, y, k)
    terms = [_source(u, size, k) for u in range(size)]
    reach = max(abs(offset) for _, offset in terms)
    bordered = F.pad(y, [reach] * 4, mode="replicate") if reach else y
    height, width = y.shape[-2:]
    points: list[Tensor | None] = [None] * (k * k)
    for u, (row, down) in enumerate(terms):
        for v, (column, right) in enumerate(terms):
            top, left = reach + down, reach + right
            source = bordered[..., top : top + height, left : left + width]
            weight = index[:, :, u * size + v].to(y.dtype)
            point = points[row * k + column]
            points[row * k + column] = source * weight if point is None else point.addcmul(source, weight)
    # s ≥ k, so every point of a region has a source.
    made = torch.stack([point for point in points if point is not None], 2)
    return F.pixel_shuffle(made.flatten(1, 2), k)


def own_positions(size: int, k: int = 2) -> list[int]:
    """Positions, among a region's s² indices, of the k² that weigh the region's own value; row-major.

    >>> own_positions(3), own_positions(2)
    ([4, 5, 7, 8], [0, 1, 2, 3])
    """
    own = [u for u in range(size) if _source(u, size, k)[1] == 0]
    return [u * size + v for u in own for v in own]


def own_indices(indices: Tensor, k: int = 2, dim: int = 1) -> Tensor:
    """Those of a region's s² indices along ``dim`` that weigh its own value; the places are `own_positions`.

    Slices, since a list of positions would be copied to the device each time, which waits for a GPU and
    cannot be captured in a CUDA graph.

    >>> own_indices(torch.arange(9).view(1, 9)).tolist()
    [[4, 5, 7, 8]]
    """
    size = round(int(indices.shape[dim]) ** 0.5)
    first = transposed_padding(size, k)
    return torch.cat([indices.narrow(dim, u * size + first, k) for u in range(first, first + k)], dim)


def kernel_side(index: Tensor, y: Tensor, k: int) -> int:
    """The side s of the kernels, checked against the feature map."""
    if k < 2:
        raise ShapeError(f"the side k of a local region must be at least 2, got {k}")
    batch, channels, height, width = y.shape
    size = round(int(index.shape[2]) ** 0.5) if index.ndim == 5 else 0
    fits = size >= k and index.shape[2] == size * size and index.shape[1] in (1, channels)
    if not fits or index.shape[0] not in (1, batch) or index.shape[3:] != y.shape[2:]:
        raise ShapeError(
            f"index kernels of shape {tuple(index.shape)} do not fit the feature map {tuple(y.shape)}: "
            f"expected (B, {channels}, s², {height}, {width}), s at least {k}, or (B, 1, …) when holistic"
        )
    return size


def _source(u: int, size: int, k: int) -> tuple[int, int]:
    """Along one axis, the point of a region that index u belongs to, and the offset of its source."""
    padding = transposed_padding(size, k)
    point = (u - padding) % k
    return point, (point + padding - u) // k
