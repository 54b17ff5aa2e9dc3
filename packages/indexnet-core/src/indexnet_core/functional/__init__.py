"""Pure tensor functions: indexed pooling and upsampling, index functions (Section 3), padding."""

from indexnet_core.functional.index_functions import (
    apply_index,
    average_index,
    bilinear_index,
    deconvolution_index,
    max_index,
    nearest_index,
    pixel_shuffle_index,
    regions,
    shuffle_regions,
    zero_stuffed_regions,
)
from indexnet_core.functional.indexed import indexed_pool, indexed_upsample, normalize_index
from indexnet_core.functional.multi_point import multi_point_upsample, own_indices, own_positions
from indexnet_core.functional.padding import check_divisible, crop_to, pad_to_multiple

__all__ = [
    "apply_index",
    "average_index",
    "bilinear_index",
    "check_divisible",
    "crop_to",
    "deconvolution_index",
    "indexed_pool",
    "indexed_upsample",
    "max_index",
    "multi_point_upsample",
    "nearest_index",
    "normalize_index",
    "own_indices",
    "own_positions",
    "pad_to_multiple",
    "pixel_shuffle_index",
    "regions",
    "shuffle_regions",
    "zero_stuffed_regions",
]
