"""Index networks: learned indices that guide downsampling and upsampling (Lu, Dai, Shen, Xu)."""

from indexnet_core.analysis.complexity import Complexity, measure_complexity
from indexnet_core.deploy.export import EXPORTERS, export_onnx, export_program, export_pt2
from indexnet_core.deploy.optimize import optimize_for_inference
from indexnet_core.errors import RetrofitError, ShapeError, SpecError
from indexnet_core.functional.indexed import indexed_pool, indexed_upsample, normalize_index
from indexnet_core.functional.padding import check_divisible, crop_to, pad_to_multiple
from indexnet_core.fused import pool_by_logits, upsample_by_logits
from indexnet_core.initialization import initialize
from indexnet_core.networks import IndexNetwork, IndexPrediction
from indexnet_core.networks.factory import create_index_network
from indexnet_core.operators import INDEX_NETWORKS, OPERATORS, index_options, parse_operator
from indexnet_core.resampling import Guidance, Resampling
from indexnet_core.resampling.factory import create_resampling
from indexnet_core.resampling.stages import ResamplingStages
from indexnet_core.retrofitting import PairReport, RetrofitReport, retrofit

__version__ = "0.1.0"
__all__ = [
    "EXPORTERS",
    "INDEX_NETWORKS",
    "OPERATORS",
    "Complexity",
    "Guidance",
    "IndexNetwork",
    "IndexPrediction",
    "PairReport",
    "Resampling",
    "ResamplingStages",
    "RetrofitError",
    "RetrofitReport",
    "ShapeError",
    "SpecError",
    "check_divisible",
    "create_index_network",
    "create_resampling",
    "crop_to",
    "export_onnx",
    "export_program",
    "export_pt2",
    "index_options",
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
    "upsample_by_logits",
]
