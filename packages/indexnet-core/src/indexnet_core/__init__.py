"""Index networks: learned indices that guide downsampling and upsampling (Lu, Dai, Shen, Xu).

The names in ``__all__`` are the interface, with those of `indexnet_core.functional`, `indexnet_core.networks`
and `indexnet_core.resampling`, from which new operators are built. All other modules are private.
"""

from indexnet_core.analysis.complexity import Complexity, count_parameters, measure_complexity
from indexnet_core.analysis.visualize import IndexSide, collect_index_maps, index_picture, index_pictures
from indexnet_core.deploy.export import EXPORTERS, export_onnx, export_program, export_pt2
from indexnet_core.deploy.optimize import optimize_for_inference
from indexnet_core.errors import RetrofitError, ShapeError, SpecError
from indexnet_core.functional.indexed import Normalization, indexed_pool, indexed_upsample, normalize_index
from indexnet_core.functional.padding import check_divisible, crop_to, pad_to_multiple
from indexnet_core.fused import pool_by_logits, upsample_by_logits
from indexnet_core.fused.strips import in_strips, rows_of_strips
from indexnet_core.initialization import Init, initialize
from indexnet_core.networks import IndexNetwork, IndexPrediction
from indexnet_core.operators.index_networks import create_index_network
from indexnet_core.operators.names import (
    INDEX_NETWORKS,
    OPERATORS,
    CoupledSpec,
    IndexSpec,
    PairSpec,
    index_options,
    parse_operator,
)
from indexnet_core.operators.resampling import create_resampling
from indexnet_core.operators.stages import ResamplingStages
from indexnet_core.resampling import ChannelRule, Guidance, Resampling
from indexnet_core.retrofitting import PairReport, RetrofitReport, retrofit

__version__ = "0.1.0"
__all__ = [
    "EXPORTERS",
    "INDEX_NETWORKS",
    "OPERATORS",
    "ChannelRule",
    "Complexity",
    "CoupledSpec",
    "Guidance",
    "IndexNetwork",
    "IndexPrediction",
    "IndexSide",
    "IndexSpec",
    "Init",
    "Normalization",
    "PairReport",
    "PairSpec",
    "Resampling",
    "ResamplingStages",
    "RetrofitError",
    "RetrofitReport",
    "ShapeError",
    "SpecError",
    "check_divisible",
    "collect_index_maps",
    "count_parameters",
    "create_index_network",
    "create_resampling",
    "crop_to",
    "export_onnx",
    "export_program",
    "export_pt2",
    "in_strips",
    "index_options",
    "index_picture",
    "index_pictures",
    "indexed_pool",
    "indexed_upsample",
    "initialize",
    "measure_complexity",
    "normalize_index",
    "optimize_for_inference",
    "pad_to_multiple",
    "parse_operator",
    "pool_by_logits",
    "retrofit",
    "rows_of_strips",
    "upsample_by_logits",
]
