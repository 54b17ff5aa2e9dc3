"""Indexed pooling, indexed upsampling and index normalisation (Section 4): pure tensor functions."""

from collections.abc import Callable
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.errors import ShapeError, SpecError
from indexnet_core.functional.padding import check_divisible
from indexnet_core.modes import exporting

__all__ = ["Normalization", "indexed_pool", "indexed_upsample", "normalize_index", "softmax_positions"]

Normalization = Literal["sigmoid+softmax", "sigmoid", "softmax", "softmax+sigmoid"]
"""The four rows of Table 4, named by the operations of the encoder's map; the first is the paper's."""


def softmax_positions(logits: Tensor) -> Tensor:
    """Softmax over dimension 1, in exported graphs by its definition, which runtimes compute faster.

    Shape: (B, k², ...) -> (B, k², ...)
    """
    if not exporting():
        return logits.softmax(1)
    powers = (logits - logits.amax(1, keepdim=True)).exp()
    return powers / powers.sum(1, keepdim=True)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "softmax": softmax_positions,
}
"""The words of a normalization, for positions along dimension 1."""


def indexed_pool(x: Tensor, index: Tensor, k: int = 2) -> Tensor:
    """Indexed pooling (IP): the index-weighted sum of every k × k region, Σ_{x∈E} I(x)·x (Section 4).

    Max pooling is the case of one-hot indices, average pooling that of constant indices 1/k².

    Args:
        x: feature map.
        index: encoder index map, depthwise (B, C, H, W) or holistic (B, 1, H, W).
        k: side of a local region, at least 2.

    Shape: x (B, C, H, W) -> (B, C, H/k, W/k)

    Raises:
        ShapeError: if the sides are not divisible by k, or the map does not fit the feature.

    >>> x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> indexed_pool(x, torch.full_like(x, 0.25)).item()
    2.5
    """
    _check_region(k)
    check_divisible(x.shape[-2], x.shape[-1], k, "see pad_to_multiple")
    _check_map(index, x.shape, "feature map")
    return sum_regions(x * index, k)


def indexed_upsample(y: Tensor, index: Tensor, k: int = 2) -> Tensor:
    """Indexed upsampling (IU): nearest upsampling by k, weighted by the indices, I ⊗ D (Section 4).

    Args:
        y: feature map to upsample.
        index: decoder index map at the upsampled size, depthwise (B, C, kh, kw) or holistic (B, 1, kh, kw).
        k: side of a local region, at least 2.

    Shape: y (B, C, h, w) -> (B, C, kh, kw)

    Raises:
        ShapeError: if the map does not fit the upsampled feature.

    >>> indexed_upsample(torch.tensor([[[[2.0]]]]), torch.tensor([[[[0.0, 1.0], [0.5, 0.0]]]])).tolist()
    [[[[0.0, 2.0], [1.0, 0.0]]]]
    """
    _check_region(k)
    _check_map(index, (y.shape[0], y.shape[1], y.shape[2] * k, y.shape[3] * k), "upsampled feature map")
    return _nearest(y, k) * index


def _nearest(y: Tensor, k: int) -> Tensor:
    """Nearest upsampling: (B, C, h, w) -> (B, C, kh, kw)."""
    if torch.compiler.is_compiling() and not exporting():
        # PyTorch 2.14 cannot compile the scale of an interpolation of a padded map of any size.
        return y[:, :, :, None, :, None].expand(-1, -1, -1, k, -1, k).flatten(4, 5).flatten(2, 3)
    return F.interpolate(y, scale_factor=float(k), mode="nearest")


def normalize_index(
    logits: Tensor, normalization: Normalization = "sigmoid+softmax", k: int = 2
) -> tuple[Tensor, Tensor]:
    """Normalise predicted indices to the encoder's and the decoder's index map (Table 4).

    With z the prediction and the softmax taken over the k² positions of a region:

    | normalization       | encoder             | decoder    |
    |---------------------|---------------------|------------|
    | ``sigmoid+softmax`` | softmax(sigmoid(z)) | sigmoid(z) |
    | ``sigmoid``         | sigmoid(z)          | sigmoid(z) |
    | ``softmax``         | softmax(z)          | softmax(z) |
    | ``softmax+sigmoid`` | sigmoid(softmax(z)) | softmax(z) |

    Args:
        logits: channel k²·c + p holds position p (row-major) of a region for channel c.
        normalization: one of the four rows.
        k: side of a local region, at least 2.

    Shape: logits (B, k²·C, h, w) -> the encoder's and the decoder's map (B, C, kh, kw), values in [0, 1]

    Raises:
        ShapeError: if the channels are not a multiple of k².
        SpecError: if the normalization is unknown.
    """
    _check_region(k)
    check_normalization(normalization)
    if logits.shape[1] % (k * k):
        raise ShapeError(f"index logits need a multiple of k² = {k * k} channels, got {logits.shape[1]}")
    return normalize_positions(logits.unflatten(1, (-1, k * k)).transpose(1, 2), normalization, k)


def normalize_positions(
    logits: Tensor, normalization: Normalization = "sigmoid+softmax", k: int = 2
) -> tuple[Tensor, Tensor]:
    """`normalize_index` of logits with the positions of a region in a separate dimension.

    Shape: logits (B, k², C, h, w) -> the encoder's and the decoder's map (B, C, kh, kw), values in [0, 1]
    """
    first, _, second = normalization.partition("+")
    positions = ACTIVATIONS[first](logits)
    decoder = _to_map(positions, k)
    if not second:
        return decoder, decoder
    return _to_map(ACTIVATIONS[second](positions), k), decoder


def _to_map(positions: Tensor, k: int) -> Tensor:
    """(B, k², C, h, w) -> (B, C, kh, kw)."""
    return F.pixel_shuffle(positions.transpose(1, 2).flatten(1, 2), k)


def sum_regions(x: Tensor, k: int) -> Tensor:
    """Sum over every k × k region: k²·avg_pool without the rounding. (B, C, H, W) -> (B, C, H/k, W/k)."""
    if exporting():  # ONNX's pooling has no divisor_override, and the exporter drops it silently
        return F.avg_pool2d(x, k) * (k * k)
    return F.avg_pool2d(x, k, divisor_override=1)


def check_normalization(normalization: str) -> None:
    """Refuse a name that is not in Table 4."""
    if normalization not in get_args(Normalization):
        raise SpecError(
            f"unknown index normalization {normalization!r}; choose one of {get_args(Normalization)}"
        )


def _check_region(k: int) -> None:
    if k < 2:
        raise ShapeError(f"the side k of a local region must be at least 2, got {k}")


def _check_map(index: Tensor, wanted: tuple[int, ...] | torch.Size, of: str) -> None:
    fits = index.ndim == 4 and index.shape[1] in (1, wanted[1])
    if not fits or index.shape[2:] != tuple(wanted[2:]) or index.shape[0] not in (1, wanted[0]):
        raise ShapeError(
            f"an index map of shape {tuple(index.shape)} does not fit the {of} {tuple(wanted)}: "
            f"expected (B, {wanted[1]}, H, W), or (B, 1, H, W) when holistic"
        )
